# Connections with an analyzer beside the engine; the analyzer is a stand-in that finds a few made-up words.
load lib/common

analyzer_log() { curl -sS "$ANALYZER/test/log"; }
analyzer_is() { curl -sS -o /dev/null "$ANALYZER/test/mode" -d "{\"mode\":\"$1\"}"; }

setup_file() {
	site_folder && site_account && idp_start && model_start || return 1
	service analyzer node "$SITE_TESTS/e2e/lib/analyzer.mjs"
	speaks analyzer || return 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$SITE/analyzer.key" -out "$SITE/agent/analyzer.pem" 2>/dev/null
	service analyzer-tls node "$SITE_TESTS/e2e/lib/analyzer.mjs" "$SITE/analyzer.key" "$SITE/agent/analyzer.pem"
	speaks analyzer-tls || return 1
	ANALYZER=$(json url < "$SITE/analyzer.out")
	export ANALYZER
	site_policy && site_configure || return 1
	site_connection strict "$MODEL" openai "analyzer: {url: '$ANALYZER/analyze', timeout: 2s, entities: {DATE_TIME: ignore}}"
	site_connection lenient "$MODEL" openai "analyzer: {url: '$ANALYZER/analyze', timeout: 1s, on_failure: builtin}"
	site_connection tls "$MODEL" openai "analyzer: {url: '$(json url < "$SITE/analyzer-tls.out")/analyze', ca_file: $SITE/agent/analyzer.pem}"
	site_connection untrusted "$MODEL" openai "analyzer: {url: '$(json url < "$SITE/analyzer-tls.out")/analyze'}"
	agent_start && login alice || return 1
	model_scripts '{"both":{"text":"Dr. Jane Smith went to gnarl with \"blorft\" 😀 and badge-7 twice daily.\nSSN: 536-22-8741, says blorft. It is the end of what there is to say. The key is model-credential-5d1f.","cut":3}}'
}
setup() { T=t$BATS_TEST_NUMBER; analyzer_is fine; }
WANT=$'Dr. [NAME] went to [CITY] with "[NAME]" 😀 and [ID] twice daily.\nSSN: [SSN], says [NAME]. It is the end of what there is to say. The key is [ID].'

@test "what the analyzer finds is masked beside what the engine finds, whole and streamed, and on record" {
	tunnel $T alice strict
	same "whole" "$WANT" "$(chat both "about blorft" | content)"
	same "streamed" "$WANT" "$(chat_stream both "about blorft" | streamed)"
	tunnel_close $T
	bundle alice "$SESSION" "$SITE/analyzed.tar"
	exits 0 as alice phigate verify "$SITE/analyzed.tar"
	all=$(tar -xOf "$SITE/analyzed.tar")
	hasnt "$all" blorft
	has "$all" 'about [NAME]'
}

@test "it is told texts, and neither keys nor the credential; one connection serves many passages" {
	tunnel $T alice strict
	before=$(analyzer_log)
	chat both "my key is $KEY" > /dev/null
	after=$(analyzer_log)
	has "$(jq -r '.requests[-1].body' <<< "$after")" '"language":"en"'
	[ "$(jq '.requests | length' <<< "$after")" -ge $(($(jq '.requests | length' <<< "$before") + 4)) ]
	same "new connections" 1 "$(($(jq .connections <<< "$after") - $(jq .connections <<< "$before") - 1))"       # and one of this test's
	for told in "$KEY" model-credential phg_; do hasnt "$after" "$told"; done
	same "Authorization" null "$(jq '.requests[-1].headers.authorization' <<< "$after")"
}

@test "an https analyzer is trusted by its certificate, and by nothing less" {
	tunnel $T alice tls
	same "over TLS" "Dr. [NAME] went to [CITY]" "$(chat both hi | content | head -c 25)"
	tunnel_close $T
	tunnel $T alice untrusted
	code chat both hi
	same "status" 503 "$code"
	has "$output" "the analyzer that looks for identifiers does not answer"
}

@test "refuse: whatever the analyzer does wrong, nothing reaches the model or the client, and the next request is a new try" {
	tunnel $T alice strict
	n=$(model_count)
	for mode in error html outside huge drip mute; do
		analyzer_is $mode
		code chat both "about blorft"
		same "$mode" 503 "$code"
		has "$output" '"type":"unavailable"'
		hasnt "$output" blorft
	done
	same "asked the model" "$n" "$(model_count)"
	same "lines in the log" 6 "$(grep -c '"analyzer_failed","connection":"strict"' "$SITE/agent.err")"
	analyzer_is fine
	same "again" "$WANT" "$(chat both x | content)"
	hasnt "$(agent_log)" blorft
}

@test "refuse: an answer under way is cut before the passage that was not seen" {
	tunnel $T alice strict
	model_scripts '{"slow":{"text":"The patient was seen on the ward this morning by our blorft at last. ","repeat":20,"pace_ms":40}}'
	chat_stream slow x > "$SITE/cut.out" 2>/dev/null 3>&- & client=$!
	until_ok "the first sentence" grep -q NAME "$SITE/cut.out"
	analyzer_is error
	wait $client && fail "curl takes the answer for whole"
	hasnt "$(cat "$SITE/cut.out")" "[DONE]"
	hasnt "$(streamed < "$SITE/cut.out")" blorft
}

@test "builtin: the engine masks alone while the analyzer is away" {
	tunnel $T alice lenient
	for mode in error mute; do
		analyzer_is $mode
		output=$(chat both x | content)
		has "$output" 'Dr. [NAME] went to gnarl with "blorft" 😀 and badge-7 twice daily.'
		has "$output" 'SSN: [SSN], says blorft.'
	done
	analyzer_is fine
	has "$(chat both x | content)" 'and [ID] [DATE].'
}

@test "check names what is wrong with an analyzer" {
	sed "s|url: '$ANALYZER|url: 'http://presidio.example.org|" "$SITE/agent/agent.yaml" > "$SITE/agent/wrong.yaml"
	exits 2 phigate-agent check --config "$SITE/agent/wrong.yaml"
	has "$output" 'wrong.yaml:'
	has "$output" '"url" must be https://HOST/PATH'
	sed "s|DATE_TIME: ignore|DATE_TIME: DAY|" "$SITE/agent/agent.yaml" > "$SITE/agent/wrong.yaml"
	exits 2 phigate-agent check --config "$SITE/agent/wrong.yaml"
	has "$output" 'there is no entity "DAY"; there are ignore, NAME, ADDRESS'
}
