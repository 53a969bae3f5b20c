// Drives npm ollama as a user's program does. Usage: sdk_ollama.mjs WHAT [MODEL] [PROMPT]; address OLLAMA_HOST, key OLLAMA_API_KEY
// Prints the text; for error… the class and status of the exception that the client raised, then its message.
import { Ollama } from 'ollama';
import { raised } from './raised.mjs';

const [what, model, prompt] = process.argv.slice(2);
const client = new Ollama({ host: process.env.OLLAMA_HOST, headers: { Authorization: `Bearer ${process.env.OLLAMA_API_KEY}` } });
const messages = [{ role: 'user', content: prompt ?? '' }];
const tools = [{ type: 'function', function: { name: 'lookup', parameters: { type: 'object', properties: {} } } }];
const joined = async (stream, pick) => {
  let text = '';
  for await (const part of stream) text += pick(part) ?? '';
  return text;
};
const call = (message) => message.tool_calls && JSON.stringify(message.tool_calls[0].function.arguments);

const does = {
  chat: async () => (await client.chat({ model, messages })).message.content,
  stream: async () => joined(await client.chat({ model, messages, stream: true }), (part) => part.message.content),
  generate: async () => (await client.generate({ model, prompt })).response,
  generatestream: async () => joined(await client.generate({ model, prompt, stream: true }), (part) => part.response),
  tool: async () => call((await client.chat({ model, messages, tools })).message),
  toolstream: async () => joined(await client.chat({ model, messages, tools, stream: true }), (part) => call(part.message)),
  list: async () => (await client.list()).models.map((m) => m.name).join('\n'),
  pull: () => raised(() => client.pull({ model })),
  error: () => raised(() => client.chat({ model, messages })),
  errorstream: () => raised(async () => joined(await client.chat({ model, messages, stream: true }), (part) => part.message.content)),
};
const said = await does[what]();
if (said !== undefined) console.log(said);
