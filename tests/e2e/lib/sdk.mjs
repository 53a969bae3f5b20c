// Drives npm openai as a user's program does, address and key from the environment. Usage: sdk.mjs WHAT [MODEL] [PROMPT]
// Prints the text; for error, big and route the class and status of the exception that the SDK raised, then its message.
import { File } from 'node:buffer';                 // Debian's Node 18 has no global one
import OpenAI from 'openai';
import { raised } from './raised.mjs';

const [what, model, prompt] = process.argv.slice(2);
const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: 'user', content: prompt ?? '' }];
const tools = [{ type: 'function', function: { name: 'lookup', parameters: { type: 'object', properties: {} } } }];

const joined = async (stream, pick) => {
  let text = '';
  for await (const part of stream) text += pick(part.choices[0]) ?? '';
  return text;
};
const create = (more) => client.chat.completions.create({ model, messages, ...more });

const does = {
  chat: async () => (await create()).choices[0].message.content,
  stream: async () => joined(await create({ stream: true }), (choice) => choice.delta.content),
  tool: async () => (await create({ tools })).choices[0].message.tool_calls[0].function.arguments,
  toolstream: async () => joined(await create({ tools, stream: true }), (choice) => choice.delta.tool_calls?.[0].function.arguments),
  completion: async () => (await client.completions.create({ model, prompt })).choices[0].text,
  response: async () => (await client.responses.create({ model, input: prompt })).output_text,
  responsestream: async () => {
    let text = '';
    for await (const event of await client.responses.create({ model, input: prompt, stream: true })) {
      if (event.type === 'response.output_text.delta' || event.type === 'response.function_call_arguments.delta') text += event.delta;
    }
    return text;
  },
  responsefinal: async () => (await client.responses.stream({ model, input: prompt }).finalResponse()).output[0].content[0].text,
  responseerror: () => raised(() => client.responses.create({ model, input: prompt })),
  embedding: async () => (await client.embeddings.create({ model, input: prompt, encoding_format: 'float' })).data.length,
  transcription: () => raised(() => client.audio.transcriptions.create({ model, file: new File(['RIFF'], 'note.wav') })),
  models: async () => (await client.models.list()).data.map((m) => m.id).join('\n'),
  error: () => raised(() => create()),
  errorstream: () => raised(async () => joined(await create({ stream: true }), (choice) => choice.delta.content)),
  big: () => raised(() => create({ messages: [{ role: 'user', content: 'x'.repeat(9 << 20) }] })),
  route: () => raised(() => client.get('/debug/pprof')),
};
const said = await does[what]();
if (said !== undefined) console.log(said);
