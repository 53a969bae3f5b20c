// Drives npm @anthropic-ai/sdk as a user's program does, address and key from the environment. Usage: sdk_anthropic.mjs WHAT [MODEL] [PROMPT]
// Prints the text; for error… the class and status of the exception that the SDK raised, then its message.
import Anthropic from '@anthropic-ai/sdk';
import { raised } from './raised.mjs';

const [what, model, prompt] = process.argv.slice(2);
const client = new Anthropic({ maxRetries: 0 });
const asked = { model, max_tokens: 99, messages: [{ role: 'user', content: prompt ?? '' }] };
const tools = [{ name: 'lookup', input_schema: { type: 'object', properties: {} } }];
const joined = async (stream, pick) => {
  let text = '';
  for await (const event of stream) if (event.type === 'content_block_delta') text += pick(event.delta) ?? '';
  return text;
};
const text = (message) => message.content.map((block) => block.text ?? '').join('');
const thinking = (message) => message.content.map((block) => block.thinking ?? '').join('');
const input = (message) => JSON.stringify(message.content.at(-1).input);

const does = {
  chat: async () => text(await client.messages.create(asked)),
  stream: async () => joined(await client.messages.create({ ...asked, stream: true }), (delta) => delta.text),
  final: async () => text(await client.messages.stream(asked).finalMessage()),
  thinking: async () => thinking(await client.messages.create(asked)),
  thinkingfinal: async () => thinking(await client.messages.stream(asked).finalMessage()),
  tool: async () => input(await client.messages.create({ ...asked, tools })),
  toolstream: async () => joined(await client.messages.create({ ...asked, tools, stream: true }), (delta) => delta.partial_json),
  toolfinal: async () => input(await client.messages.stream({ ...asked, tools }).finalMessage()),
  count: async () => (await client.messages.countTokens({ model, messages: asked.messages })).input_tokens,
  models: async () => (await client.models.list()).data.map((m) => m.id).join('\n'),
  image: () => raised(() => client.messages.create({
    ...asked, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }] }],
  })),
  batch: () => raised(() => client.messages.batches.create({ requests: [] })),
  error: () => raised(() => client.messages.create(asked)),
  errorstream: () => raised(async () => joined(await client.messages.create({ ...asked, stream: true }), (delta) => delta.text)),
};
const said = await does[what]();
if (said !== undefined) console.log(said);
