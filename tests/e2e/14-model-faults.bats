load lib/common

setup_file() { site_start && login alice; }

# whatever a model does: no PHI, an HTTP status, and the next request works
faulty() {
	local model=$1
	shift
	output=$(chat "$model" hi -w '\n%{http_code}' "$@" 2>&1) || true
	code=${output##*$'\n'}
	no_phi "$output"
}

@test "garbage, half an event, wrong types: masked as text or refused, never raw, and on record" {
	tunnel $T alice openai-prod
	for model in garbage notjson html; do
		faulty $model
		[ "$code" = 200 ] || [ "$code" = 502 ] || fail "$model: HTTP $code"
	done
	faulty binary
	same "binary" 502 "$code"
	output=$(chat_stream half hi 2>&1) || true
	hasnt "$output" 536-22-87
	faulty busy
	same "an error of the model" 429 "$code"
	code chat plain hi
	same "the session goes on" 200 "$code"
	tunnel_close $T
	bundle alice "$SESSION" "$SITE/faults.tar"
	exits 0 as alice phigate verify "$SITE/faults.tar"
	no_phi "$(tar -xOf "$SITE/faults.tar")"
}

@test "a model that resets in mid-answer: the client sees a cut, not an end" {
	tunnel $T alice openai-prod
	rc=0
	output=$(chat_stream reset hi 2> /dev/null) || rc=$?
	[ $rc != 0 ] || hasnt "$output" "[DONE]"
	no_phi "$output"
	code chat plain hi
	same "the session goes on" 200 "$code"
}

@test "a client that hangs up, between events or in silence, stops the model at once" {
	tunnel $T alice openai-prod
	for model in slow silent mute; do
		n=$(model_count)
		chat_stream $model hi > /dev/null 2>&1 3>&- & client=$!
		until_ok "the model is asked" model_seen "$n"
		sleep 0.5
		pkill -P $client curl || kill $client
		SITE_WAIT_S=4 until_ok "$model: the model sees it" eval '[ "$(model_log | jq -r ".[-1].status")" = "client gone" ]'
	done
}

@test "answers that say one length and have another are not passed on as whole" {
	tunnel $T alice openai-prod
	model_scripts '{"long":{"raw":[200,"application/json","{\"a\":\"SSN: 536-22-8741\"}"],"content_length":5000}}'
	SITE_WAIT_S=5 faulty long --max-time 3
	[ "$code" != 200 ] || hasnt "$output" 536
}
