export { Type, type Static, type TObject, type TSchema } from './type.ts';
export {
  compileBody,
  compileText,
  faultsOf,
  isValid,
  type SchemaFault,
  type Validator,
} from './validation.ts';
