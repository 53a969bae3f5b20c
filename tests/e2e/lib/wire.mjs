// How the servers of the other dialects answer, for the stand-in of a model server: whole, and in events. Each is a route's
// { type, whole(model, text, script), events(model, pieces, script) }; script.tool: arguments of a tool call; script.think: thinking before it.
const sse = (value, name) => `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(value)}\n\n`;
const cut = (text) => text.match(/\S+\s*|\s+/g) ?? [];
const stream = 'text/event-stream';

// ---- OpenAI's responses -------------------------------------------------------------------------------------------------
const item = (text, script) => (script.tool
  ? { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'call_1', name: 'lookup', arguments: text }
  : { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] });
const response = (model, more) => ({
  id: 'resp_1', object: 'response', created_at: 1751990400, status: 'completed', error: null, incomplete_details: null, instructions: null, model,
  parallel_tool_calls: true, temperature: 1, tool_choice: 'auto', tools: [], top_p: 1, metadata: {}, output: [], ...more,
});
const spent = { input_tokens: 9, input_tokens_details: { cached_tokens: 0 }, output_tokens: 12, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 21 };
export const responses = {
  type: stream,
  whole: (model, text, script) => response(model, { output: [item(script.tool ?? text, script)], usage: spent }),
  * events(model, pieces, script) {
    let n = 0;
    const event = (type, more) => { n += 1; return sse({ type, sequence_number: n - 1, ...more }, type); };
    const text = pieces.join('');
    const at = script.tool ? { item_id: 'fc_1', output_index: 0 } : { item_id: 'msg_1', output_index: 0, content_index: 0 };
    yield event('response.created', { response: response(model, { status: 'in_progress' }) });
    yield event('response.in_progress', { response: response(model, { status: 'in_progress' }) });
    yield event('response.output_item.added', { output_index: 0, item: { ...item('', script), status: 'in_progress', ...(!script.tool && { content: [] }) } });
    if (!script.tool) yield event('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
    const kind = script.tool ? 'response.function_call_arguments' : 'response.output_text';
    for (const delta of pieces) yield event(`${kind}.delta`, { ...at, delta });
    yield event(`${kind}.done`, { ...at, ...(script.tool ? { arguments: text, name: 'lookup' } : { text, logprobs: [] }) });
    if (!script.tool) yield event('response.content_part.done', { ...at, part: { type: 'output_text', text, annotations: [] } });
    yield event('response.output_item.done', { output_index: 0, item: item(text, script) });
    yield event('response.completed', { response: response(model, { output: [item(text, script)], usage: spent }) });
  },
};

// ---- Anthropic's messages -----------------------------------------------------------------------------------------------
const message = (model, more) => ({
  id: 'msg_01StandIn', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null,
  usage: { input_tokens: 9, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }, ...more,
});
export const messages = {
  type: stream,
  whole: (model, text, script) => message(model, {
    content: [
      ...(script.think ? [{ type: 'thinking', thinking: script.think, signature: 'EqQBCgIYAg==' }] : []),
      script.tool ? { type: 'tool_use', id: 'toolu_01StandIn', name: 'lookup', input: JSON.parse(script.tool) } : { type: 'text', text },
    ],
    stop_reason: script.tool ? 'tool_use' : 'end_turn', usage: { input_tokens: 9, output_tokens: 12 },
  }),
  * events(model, pieces, script) {
    const event = (type, more) => sse({ type, ...more }, type);
    let index = 0;
    const block = function* block(begin, deltas) {
      yield event('content_block_start', { index, content_block: begin });
      for (const delta of deltas) yield event('content_block_delta', { index, delta });
      yield event('content_block_stop', { index });
      index += 1;
    };
    yield event('message_start', { message: message(model) });
    yield event('ping', {});
    if (script.think) {
      yield* block({ type: 'thinking', thinking: '', signature: '' }, [
        ...cut(script.think).map((thinking) => ({ type: 'thinking_delta', thinking })), { type: 'signature_delta', signature: 'EqQBCgIYAg==' }]);
    }
    if (script.tool) {
      yield* block({ type: 'tool_use', id: 'toolu_01StandIn', name: 'lookup', input: {} },
        ['', ...pieces].map((partial_json) => ({ type: 'input_json_delta', partial_json })));
    } else {
      yield* block({ type: 'text', text: '' }, pieces.map((text) => ({ type: 'text_delta', text })));
    }
    if (script.fails) {
      yield event('error', { error: { type: 'overloaded_error', message: script.fails } });
      return;
    }
    yield event('message_delta', { delta: { stop_reason: script.tool ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 12 } });
    yield event('message_stop', {});
  },
};

// ---- llama.cpp's completion ---------------------------------------------------------------------------------------------
const ended = (model) => ({
  stop: true, id_slot: 0, model, tokens_predicted: 12, tokens_evaluated: 9, generation_settings: { seed: 4294967295, temperature: 0.8 }, prompt: '<s>',
  truncated: false, stop_type: 'eos', stopping_word: '', timings: { predicted_ms: 320.5 },
});
export const completion = {
  type: stream,
  whole: (model, text) => ({ index: 0, content: text, tokens: [], ...ended(model) }),
  * events(model, pieces) {
    for (const [n, content] of pieces.entries()) yield sse({ index: 0, content, tokens: [1000 + n], stop: false, id_slot: -1, tokens_predicted: n + 1, tokens_evaluated: 9 });
    yield sse({ index: 0, content: '', tokens: [], ...ended(model) });
  },
};

// ---- TGI ----------------------------------------------------------------------------------------------------------------
export const generate = {
  type: stream,
  whole: (model, text) => ({ generated_text: text }),
  * events(model, pieces) {
    const event = (n, text, special, more) => `data:${JSON.stringify({ index: n, token: { id: 1000 + n, text, logprob: -0.25, special }, generated_text: null, details: null, ...more })}\n\n`;
    for (const [n, text] of pieces.entries()) yield event(n + 1, text, false);
    yield event(pieces.length + 1, '</s>', true, { generated_text: pieces.join(''), details: { finish_reason: 'eos_token', generated_tokens: 12, seed: null, input_length: 9 } });
  },
};

// ---- KServe, Triton -----------------------------------------------------------------------------------------------------
export const infer = {
  type: stream,
  whole: (model, text) => ({ model_name: model, model_version: '1', outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [1], data: [text] }] }),
};
export const triton = {
  type: stream,
  whole: (model, text) => ({ model_name: model, model_version: '1', text_output: text }),
  * events(model, pieces) {
    for (const text_output of pieces) yield sse({ model_name: model, model_version: '1', text_output });
  },
};
