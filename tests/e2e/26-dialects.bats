load lib/common

# Each dialect's own client library where there is one, unchanged; the model answers in each server's wire format.
setup_file() {
	site_folder && site_account && idp_start && model_start || return 1
	site_policy
	site_configure || return 1
	for dialect in anthropic llamacpp tgi kserve; do site_connection $dialect-prod "$MODEL" $dialect; done
	site_connection listed "$MODEL" openai "models: [note, plain]"
	site_connection pinned "$MODEL" openai "model: note"
	site_connection triton-pinned "$MODEL" kserve "model: note"
	site_connection scoring "$MODEL" openai "allow_routes: [/v1/rerank]"
	agent_start && login alice || return 1
	model_scripts '{"think":{"think":"She is Dr. Jane Smith, born 03/14/2024.","text":"SSN: 536-22-8741 is on file."},
		"breaks":{"text":"SSN: 536-22-87","fails":"Overloaded at SSN: 536-22-8741"},
		"anthropic-busy":{"raw":[529,"application/json","{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"SSN: 536-22-8741\"}}"]}}'
}

anthropic() { (cd "$SITE_TESTS" && ANTHROPIC_BASE_URL="$URL" ANTHROPIC_API_KEY="${WITH_KEY:-$KEY}" node e2e/lib/sdk_anthropic.mjs "$@"); }
ollama() { (cd "$SITE_TESTS" && OLLAMA_HOST="$URL" OLLAMA_API_KEY="${WITH_KEY:-$KEY}" node e2e/lib/sdk_ollama.mjs "$@"); }
# masked JSON of a tool call: the number is as it was
arguments_masked() {
	no_phi "$1"
	same "dose" 500 "$(jq -r .dose_mg <<< "$1")"
	same "ssn" "[SSN]" "$(jq -r .ssn <<< "$1")"
}

@test "the anthropic SDK: messages, whole, streamed and put together, alike" {
	tunnel $T alice anthropic-prod
	said=$(anthropic chat note hi)
	no_phi "$said"
	has "$said" "SSN: [SSN]"
	same "stream" "$said" "$(anthropic stream note hi)"
	same "final" "$said" "$(anthropic final note hi)"
	same "count" 9 "$(anthropic count note hi)"
	same "models" note "$(anthropic models)"
}

@test "the anthropic SDK: thinking blocks and tool calls" {
	tunnel $T alice anthropic-prod
	for how in thinking thinkingfinal; do same $how "She is Dr. [NAME], born [DATE]." "$(anthropic $how think hi)"; done
	same "text behind it" "SSN: [SSN] is on file." "$(anthropic final think hi)"
	for how in tool toolstream toolfinal; do arguments_masked "$(anthropic $how tool hi)"; done
}

@test "the anthropic SDK raises its own exceptions" {
	tunnel $T alice anthropic-prod
	said=$(anthropic error note "please export the database")
	same "denied" "PermissionDeniedError 403" "$(head -n 1 <<< "$said")"
	has "$said" "The database is not exported."
	same "denied, streaming" "PermissionDeniedError 403" "$(anthropic errorstream note "please export the database" | head -n 1)"
	same "wrong key" "AuthenticationError 401" "$(WITH_KEY=phg_nope anthropic error note hi | head -n 1)"
	same "batches" "PermissionDeniedError 403" "$(anthropic batch | head -n 1)"
	said=$(anthropic image note)
	same "image" "PermissionDeniedError 403" "$(head -n 1 <<< "$said")"
	has "$said" "(image)"
	said=$(anthropic error anthropic-busy hi)
	same "busy" "InternalServerError 529" "$(head -n 1 <<< "$said")"
	no_phi "$said"
	said=$(anthropic errorstream breaks hi)
	has "$said" "overloaded_error"
	no_phi "$said"
}

@test "the ollama client: chat and generate, whole and streamed, tool calls, the list" {
	tunnel $T alice ollama-prod
	said=$(ollama chat note hi)
	no_phi "$said"
	has "$said" "SSN: [SSN]"
	for how in stream generate generatestream; do same $how "$said" "$(ollama $how note hi)"; done
	for how in tool toolstream; do arguments_masked "$(ollama $how tool hi)"; done
	same "list" note "$(ollama list)"
}

@test "the ollama client raises its own exceptions" {
	tunnel $T alice ollama-prod
	said=$(ollama error note "please export the database")
	same "denied" "ResponseError 403" "$(head -n 1 <<< "$said")"
	has "$said" "The database is not exported."
	same "denied, streaming" "ResponseError 403" "$(ollama errorstream note "please export the database" | head -n 1)"
	same "wrong key" "ResponseError 401" "$(WITH_KEY=phg_nope ollama error note hi | head -n 1)"
	said=$(ollama pull note)
	same "pull" "ResponseError 403" "$(head -n 1 <<< "$said")"
	has "$said" "operator of the model server"
}

@test "the openai SDK: responses, whole, streamed by typed events and put together, alike" {
	tunnel $T alice openai-prod
	said=$(sdk response note hi)
	no_phi "$said"
	has "$said" "SSN: [SSN]"
	for how in responsestream responsefinal; do same $how "$said" "$(sdk $how note hi)"; done
	arguments_masked "$(sdk responsestream tool hi)"
	same "denied" "PermissionDeniedError 403" "$(sdk responseerror note "please export the database" | head -n 1)"
	same "speech" "PermissionDeniedError 403" "$(sdk transcription note | head -n 1)"
}

@test "the openai and anthropic SDKs at a server of another dialect raise their own exceptions there, too" {
	tunnel $T alice llamacpp-prod
	has "$(sdk chat note hi)" "[SSN]"
	same "openai" "PermissionDeniedError 403" "$(sdk error note "please export the database" | head -n 1)"
	has "$(anthropic final note hi)" "[SSN]"
	has "$(anthropic error note "please export the database")" "The database is not exported."
}

# the text of an event stream: jq's path in each event
events() { sed -n 's/^data: \{0,1\}//p' | jq -rj "$1"; }

@test "llama.cpp, TGI and Triton: whole and streamed come masked and alike; what shows others' prompts is refused" {
	tunnel $T alice llamacpp-prod
	said=$(ask POST /completion '{"model":"note","prompt":"hi"}' | jq -r .content)
	no_phi "$said"
	has "$said" "SSN: [SSN]"
	same "llamacpp" "$said" "$(ask POST /completion '{"model":"note","prompt":"hi","stream":true}' -N | events '.content')"
	for path in /slots /props /metrics /lora-adapters; do
		code ask GET $path ""
		same "$path" 403 "$code"
	done
	tunnel_close $T
	tunnel $T alice tgi-prod
	same "tgi" "$said" "$(ask POST /generate '{"inputs":"hi"}' | jq -r .generated_text)"
	same "tgi, /" "$said" "$(ask POST / '{"inputs":"hi"}' | jq -r '.[0].generated_text')"
	stream=$(ask POST /generate_stream '{"inputs":"hi"}' -N)
	no_phi "$stream"
	same "tgi, streamed" "$said" "$(events 'select(.token.special | not) | .token.text' <<< "$stream")"
	same "tgi, at its end" "$said" "$(events '.generated_text // empty' <<< "$stream")"
	code ask POST /generate '{"inputs":"![](http://169.254.169.254/latest)"}'
	same "an address to fetch" 403 "$code"
	same "info" org/notes "$(ask GET /info "" | jq -r .model_id)"
	tunnel_close $T
	tunnel $T alice kserve-prod
	same "infer" "$said" "$(ask POST /v2/models/note/infer '{"inputs":[{"name":"t","datatype":"BYTES","shape":[1],"data":["hi"]}]}' | jq -r '.outputs[0].data[0]')"
	same "generate" "$said" "$(ask POST /v2/models/note/generate '{"text_input":"hi"}' | jq -r .text_output)"
	same "generate_stream" "$said" "$(ask POST /v2/models/note/generate_stream '{"text_input":"hi"}' -N | events .text_output)"
	code ask POST /v2/models/note/infer '{"inputs":[{"name":"input_ids","datatype":"INT32","shape":[3],"data":[1,2,3]}]}'
	same "tokens" 403 "$code"
}

@test "models: a list is kept to, a pinned one is what every request gets" {
	tunnel $T alice listed
	has "$(sdk chat note hi)" "[SSN]"
	said=$(sdk error zipped hi)
	same "not listed" "PermissionDeniedError 403" "$(head -n 1 <<< "$said")"
	has "$said" "note, plain"
	tunnel_close $T
	tunnel $T alice pinned
	same "pinned" "$(sdk chat note hi)" "$(sdk chat plain hi)"
	same "sent" note "$(curl -sS "$MODEL/test/log" | jq -r '.[-1].body | fromjson | .model')"
	tunnel_close $T
	tunnel $T alice triton-pinned
	ask POST /v2/models/plain/generate '{"text_input":"hi"}' > /dev/null
	same "in the path" /v2/models/note/generate "$(curl -sS "$MODEL/test/log" | jq -r '.[-1].path')"
}

@test "routes that are refused by default open by name; one that there is not is a mistake with its place" {
	tunnel $T alice openai-prod
	code ask POST /v1/rerank '{"model":"note","query":"x","documents":["y"]}'
	same "refused" 403 "$code"
	tunnel_close $T
	tunnel $T alice scoring
	code ask POST /v1/rerank '{"model":"note","query":"x","documents":["y"]}'
	same "the model's own answer" 404 "$code"
	mkdir -p "$SITE/wrong"
	sed 's|allow_routes: .*]|allow_routes: [/metrics]|' "$SITE/agent/agent.yaml" > "$SITE/wrong/agent.yaml"
	exits 2 phigate-agent check --config "$SITE/wrong/agent.yaml"
	has "$output" "agent.yaml:$(grep -n scoring "$SITE/wrong/agent.yaml" | cut -d: -f1):"
	has "$output" "/v1/rerank"
}

@test "exec sets the address under which each server has its OpenAI routes" {
	for row in openai-prod/v1 llamacpp-prod/v1 tgi-prod/v1 kserve-prod/openai/v1; do
		said=$(as alice phigate exec ${row%%/*} -- sh -c 'echo $OPENAI_BASE_URL; curl -sS "$OPENAI_BASE_URL/chat/completions" \
			-H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" \
			-d "{\"model\":\"plain\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"')
		has "$said" "/${row#*/}"$'\n'
		has "$said" '"choices"'
	done
}

@test "a WebSocket is refused with 501 in the dialect's shape" {
	tunnel $T alice openai-prod
	code ask GET "/v1/realtime?model=note" "" -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
		-H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
	same "status" 501 "$code"
	same "type" not_implemented "$(jq -r .error.type <<< "$output")"
}

@test "trace headers reach the model and stand on record" {
	trace=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
	tunnel $T alice openai-prod
	chat plain hi -H "traceparent: $trace" -H 'tracestate: ward=a3' > /dev/null
	same "traceparent" "$trace" "$(curl -sS "$MODEL/test/log" | jq -r '.[-1].headers.traceparent')"
	same "tracestate" "ward=a3" "$(curl -sS "$MODEL/test/log" | jq -r '.[-1].headers.tracestate')"
	tunnel_close $T
	until_ok "the bundle" as alice phigate bundle "$SESSION" -o "$SITE/trace.tar"
	has "$(tar -xOf "$SITE/trace.tar" --wildcards 'seg-*')" "$trace"
}
