interface SchemaBuilder {
  schema: {
    createTable(name: string): { addColumn(name: string, type: 'text'): { execute(): Promise<void> } };
  };
}

export async function up(db: SchemaBuilder): Promise<void> {
  await db.schema.createTable('note').addColumn('text', 'text').execute();
}
