import { z } from 'zod';
import { tandemVersion } from '../version.js';
import { answers, body, fault, health, queries, type Task } from './schemas.js';

const about: Readonly<Record<Task, string>> = {
  embed: 'The vectors of pictures',
  classify: 'The classes of pictures, by the classifier of the run',
  search: 'The indexed images that are most like a picture',
};

/** What a server answers, as OpenAPI 3.1. @param tasks that it does */
export function openApi(tasks: readonly Task[], hasToken: boolean): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Tandem', version: tandemVersion, description: 'An encoder of images, put to work.' },
    ...(hasToken && {
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    }),
    paths: {
      ...Object.fromEntries(tasks.map((task) => [`/${task}`, { post: operation(task) }])),
      '/health': {
        get: {
          summary: 'Whether it works',
          security: [],
          responses: { 200: json('It does', health), 503: json('It is stopping', health) },
        },
      },
      '/metrics': {
        get: {
          summary: 'Counts, for Prometheus',
          responses: { 200: { description: 'Text', content: { 'text/plain': {} } } },
        },
      },
    },
  };
}

function operation(task: Task): object {
  const one = answers[task];
  const several = z.strictObject({ results: z.array(z.union([one, fault])).describe('In the order of the pictures') });
  const refusals: readonly (readonly [status: number, why: string])[] = [
    [400, 'The request is malformed'],
    [401, 'The token is missing or wrong'],
    [413, 'The body is too large'],
    [415, 'The body is of a type that is not taken'],
    [422, 'The picture cannot be read'],
    [429, 'Too much is at hand: come again after Retry-After seconds'],
    [503, 'It took too long, or the index does not answer'],
  ];
  return {
    operationId: task,
    summary: about[task],
    parameters: parametersOf(queries[task]),
    requestBody: {
      required: true,
      content: {
        'image/*': { schema: { type: 'string', format: 'binary' } },
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        'multipart/form-data': { schema: formSchema },
        'application/json': { schema: schemaOf(body, 'input') },
      },
    },
    responses: {
      200: json('Of one picture its answer; of a list one each', z.union([one, several])),
      ...Object.fromEntries(refusals.map(([status, why]) => [status, json(why, fault)])),
    },
  };
}

const file = { type: 'string', format: 'binary' };
const formSchema = {
  oneOf: [
    { type: 'object', properties: { image: file }, required: ['image'], additionalProperties: false },
    {
      type: 'object',
      properties: { images: { type: 'array', items: file } },
      required: ['images'],
      additionalProperties: false,
    },
  ],
};

function parametersOf(query: z.ZodObject): object[] {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Record<string, { description?: string }> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: 'query', required: false },
    ...(description !== undefined && { description }),
    schema,
  }));
}

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema: schemaOf(schema, 'output') } },
});

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
