// Whether an answer is what the OpenAPI document says of its route: asked of every answer that a test of the admin gets.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openapiOf } from "../../src/admin/openapi.ts";
import { routes } from "../../src/admin/routes.ts";

interface Described {
  components: object;
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
}
interface Response {
  content: Record<string, { schema: object }>;
}

const document = openapiOf(routes, "Quern") as unknown as Described;
const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, keywords: ["components"] });
ajv.addSchema({ $id: "api", components: document.components });

const patterns = routes.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/:\w+/g, "[^/]+")}$`),
  responses: document.paths[`/${path.replace(/:(\w+)/g, "{$1}")}`]?.[method.toLowerCase()]?.responses ?? {},
}));
const unknownAddress = { default: patterns[0]!.responses["default"]! };

const known = new Map<object, ValidateFunction>();

/** Of a reference the whole schema; made once. */
function validatorOf(schema: object): ValidateFunction {
  let validator = known.get(schema);
  if (validator === undefined) {
    const { $ref } = schema as { $ref?: string };
    validator = ajv.compile($ref === undefined ? schema : { $ref: `api${$ref}` });
    known.set(schema, validator);
  }
  return validator;
}

/** What of an answer is not as the document says; null: nothing. */
export function undescribed(
  method: string,
  address: string,
  { status, headers, text, json }: { status: number; headers: Headers; text: string; json: unknown },
): string | null {
  const path = /^(?:\/[^/?#]+)*?\/api\/([^?#]*)/.exec(address)?.[1];
  if (path === undefined || text === "") return null;
  const route = patterns.find((one) => one.method === method && one.pattern.test(path));
  const responses: Record<string, Response> = route?.responses ?? unknownAddress;
  const said = responses[status] ?? (status < 400 ? undefined : responses["default"]);
  const what = `${method} ${address} answered ${status}`;
  if (said === undefined) return `${what}, which the document does not have.`;
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  const schema = said.content[type]?.schema;
  if (schema === undefined) return `${what} of the type ${type}, which the document does not have.`;
  if (type !== "application/json") return null;
  const validate = validatorOf(schema);
  return validate(json)
    ? null
    : `${what}, and its body is not as the document says: ${ajv.errorsText(validate.errors)}`;
}
