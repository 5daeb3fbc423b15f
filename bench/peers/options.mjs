// Command-line options of the bench programs: --name value, each with a default that also says its type.

export function parseOptions(defaults) {
  const options = { ...defaults };
  const words = process.argv.slice(2);
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index].replace(/^--/, '').replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    const value = words[index + 1];
    const known = words[index].startsWith('--') && name in defaults && value !== undefined;
    const typed = typeof defaults[name] === 'number' ? Number(value) : value;
    if (!known || Number.isNaN(typed)) {
      const usage = Object.entries(defaults).map(([key, standard]) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${JSON.stringify(standard)}`);
      console.error(`not understood: ${words.slice(index, index + 2).join(' ')}\noptions and defaults: ${usage.join(' ')}`);
      process.exit(2);
    }
    options[name] = typed;
  }
  return options;
}
