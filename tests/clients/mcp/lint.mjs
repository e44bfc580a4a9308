// What makes Copilot Studio drop a tool, cut its schema off or fail, and what makes its orchestrator choose
// wrongly: https://learn.microsoft.com/microsoft-copilot-studio/mcp-troubleshooting

// What a schema of a tool may say, and nothing else: a tool with a reference is dropped, and one with a
// list of types, a choice of schemas or a bound of its own kind is cut off or fails.
const OF_TOOLS = ["type", "properties", "required", "additionalProperties"];
const OF_ARGUMENTS = ["type", "description", "enum", "minimum", "maximum"];
const OF_LISTS = ["type", "description", "items"];
const PLAIN = ["string", "number", "integer", "boolean"];

// Tools are chosen by their descriptions, which YAML keeps on one line.
const LONGEST_DESCRIPTION = 300;
const LONGEST_OF_ARGUMENT = 150;

/** What is wrong with a tool as `tools/list` has it: sentences, none if nothing is. */
export function problemsOf(tool) {
  const { name, title, description, inputSchema, outputSchema } = tool;
  const problems = [
    ...unless(/^[a-z][a-z0-9_]{0,63}$/.test(name), "the name is more than small letters and _"),
    ...unless(title, "there is no title"),
    ...sentenceOf(description, LONGEST_DESCRIPTION),
    ...ofInput(inputSchema),
    ...unless(outputSchema === undefined || isFlat(outputSchema), "the output is not flat"),
  ];
  return problems.map((problem) => `${name}: ${problem}`);
}

function ofInput(schema) {
  const { properties = {}, required = [] } = schema;
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  return [
    ...unless(schema.type === "object", "the arguments are no object"),
    ...unless(schema.additionalProperties === false, "other arguments are let through"),
    ...strangersIn(schema, OF_TOOLS),
    ...unless(required.every((name) => name in properties), "an argument is required and not described"),
    ...Object.entries(properties).flatMap(([name, argument]) => {
      const problems = ofArgument(argument, optional.includes(name));
      return problems.map((problem) => `${name}: ${problem}`);
    }),
  ];
}

function ofArgument(argument, isOptional) {
  const isList = argument.type === "array";
  const kind = isList ? argument.items?.type : argument.type;
  const bounds = [argument.minimum, argument.maximum].filter((bound) => bound !== undefined);
  return [
    ...unless(PLAIN.includes(kind), `the type ${JSON.stringify(argument.type)} is not plain`),
    ...strangersIn(argument, isList ? OF_LISTS : OF_ARGUMENTS),
    ...unless(bounds.every(Number.isInteger), "a bound is no whole number"),
    ...unless(!argument.enum || kind === "string", "a list of values is not of text"),
    ...unless(!isOptional || argument.default === undefined, "an optional argument has a default"),
    // Lists of values are read as plain text, so the sentence has to name them, or one that is meant.
    ...unless(!argument.enum || argument.enum.some((value) => argument.description.includes(value)),
      "the description names no value"),
    ...sentenceOf(argument.description, LONGEST_OF_ARGUMENT),
  ];
}

function sentenceOf(description, longest) {
  const text = description ?? "";
  return [
    ...unless(text.endsWith(".") && !text.includes("\n"), "the description is no sentence on one line"),
    ...unless(text.length <= longest, `the description has ${text.length} characters`),
  ];
}

function isFlat(schema) {
  return Object.values(schema.properties ?? {}).every((property) => PLAIN.includes(property.type));
}

function strangersIn(schema, known) {
  const strangers = Object.keys(schema).filter((word) => !known.includes(word));
  return strangers.map((word) => `${word} is not understood everywhere`);
}

function unless(isSo, problem) {
  return isSo ? [] : [problem];
}
