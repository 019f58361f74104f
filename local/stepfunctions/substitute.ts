// What does a definition file look like after SAM's DefinitionSubstitutions? `${Name}` becomes the value, in the text,
// before it is parsed, as CloudFormation does it. What `${Name}` is left over is refused when the machine is created.

/** Every substitution must exist on both sides; a missing or unused one is an Error that names it. */
export function substitute(text: string, substitutions: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const result = text.replace(/\$\{([A-Za-z][A-Za-z0-9]*)\}/g, (_, name: string) => {
    const value = substitutions[name];
    if (value === undefined) throw new Error(`the definition asks for \${${name}}, which has no value`);
    used.add(name);
    // The value stands inside a JSON string, or alone as a number.
    return JSON.stringify(value).slice(1, -1);
  });
  const unused = Object.keys(substitutions).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the definition does not use ${unused.join(', ')}`);
  return result;
}
