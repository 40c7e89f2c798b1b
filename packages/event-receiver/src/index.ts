export { createErasedSubjects, isSubjectErased } from './erased-subjects.ts';
export { eraseSubject, type Counts, type EraseStep } from './erase-subject.ts';
export { receiveEvents, type EventReceiver, type EventReceiverOptions } from './receive-events.ts';
export type { Subject } from './security-event.ts';
