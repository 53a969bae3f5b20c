load lib/common

setup_file() { site_start && login alice; }

@test "a JSON answer comes masked, all else unchanged; the model sees its own credential and not the caller's key" {
	tunnel $T alice openai-prod
	[[ $KEY =~ ^phg_[A-Za-z0-9_-]{43}$ ]]
	answer=$(chat note "Summarise the note." -H 'X-Trace: seven')
	text=$(content <<< "$answer")
	no_phi "$answer"
	for entity in NAME SSN MRN PHONE EMAIL; do has "$text" "[$entity]"; done
	has "$text" "saw the patient on the ward"
	has "$text" "Blood pressure 120/80; continue metformin 500 mg twice daily."
	seen=$(model_log | jq '.[-1]')
	same "credential" "Bearer model-credential-5d1f" "$(jq -r .headers.authorization <<< "$seen")"
	same "X-Trace" seven "$(jq -r '.headers["x-trace"]' <<< "$seen")"
	hasnt "$(model_log)" "$KEY"
}

@test "a stream comes masked, and puts together to the very same text, however the model cuts it" {
	tunnel $T alice openai-prod
	text=$(chat note x | content)
	model_scripts '{"c1":{"cut":1},"c3":{"cut":3},"c7":{"cut":7},"whole":{"cut":4000}}'
	for model in note c1 c3 c7 whole zipped; do
		answer=$(chat_stream $model x)
		no_phi "$(streamed <<< "$answer")"
		same "stream of $model" "$text" "$(streamed <<< "$answer")"
		has "$answer" "data: [DONE]"
	done
}

@test "an answer without identifiers passes byte for byte" {
	tunnel $T alice openai-prod
	body='{"model":"plain","messages":[{"role":"user","content":"hi"}]}'
	same "answer" "$(curl -sS "$MODEL/v1/chat/completions" -d "$body")" "$(ask POST /v1/chat/completions "$body")"
}

@test "tokens arrive while the model still speaks" {
	tunnel $T alice openai-prod
	model_scripts '{"paced":{"text":"the wound is clean and dry, the lungs are clear, and the plan stays the same. ","repeat":40,"pace_ms":30}}'
	began=$(date +%s%N)
	read -r -d '' first < <(ASK_S=60 chat_stream paced x 2>/dev/null | head -c 2000) || true
	took=$((($(date +%s%N) - began) / 1000000))
	has "$first" wound
	[ "$took" -lt 8000 ] || fail "2000 bytes of an endless answer took $took ms"
}

@test "only the session's key opens the local port; web pages need it always" {
	tunnel $T alice openai-prod
	before=$(model_count)
	body='{"model":"note","messages":[]}'
	for bad in "" "Authorization: Bearer phg_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" "Authorization: Bearer model-credential-5d1f"; do
		same "with '$bad'" 401 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/v1/chat/completions" ${bad:+-H "$bad"} -d "$body")"
	done
	same "Host of another" 421 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/v1/models" -H "Authorization: Bearer $KEY" -H 'Host: evil.example')"
	same "reached the model" "$before" "$(model_count)"
	same "x-api-key" 200 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/v1/models" -H "x-api-key: $KEY")"
}

@test "phigate mask masks as the agent does" {
	tunnel $T alice openai-prod
	text=$(chat note x | content)
	raw=$(curl -sS "$MODEL/v1/chat/completions" -d '{"model":"note","messages":[]}' | content)
	same "phigate mask" "$text" "$(printf '%s' "$raw" | as alice phigate mask)"
	spans=$(printf 'SSN: 536-22-8741.' | as alice phigate mask --spans)
	same "span" SSN "$(jq -r '.spans[0].entity' <<< "$spans")"
}

@test "phigate mask keeps JSON valid: a document, a line each, and the texts of --jsonl" {
	same "document" '{"mrn": 0, "note":"SSN [SSN]"}' "$(printf '{"mrn": 84729315, "note":"SSN 536-22-8741"}' | as alice phigate mask)"
	same "lines" '{"mrn":0}{"mrn":0,"n":7}' "$(printf '{"mrn":84729315}\n{"mrn":84729316,"n":7}\n' | as alice phigate mask | tr -d '\n')"
	same "spans" '[8,16]' "$(printf '{"mrn": 84729315}' | as alice phigate mask --spans | jq -c '.spans[0] | [.start, .end]')"
	same "jsonl" '{"mrn":0}' "$(printf '%s\n' '{"text":"{\"mrn\":84729315}"}' | as alice phigate mask --jsonl | jq -r .text)"
	same "jsonl, no JSON" 'MRN [MRN]' "$(printf '%s\n' '{"text":"MRN 84729315"}' | as alice phigate mask --jsonl | jq -r .text)"
}

@test "phigate mask --explain says why, and writes no control character of the text" {
	explained=$(printf 'Line\nMRN: 84729315\033[31m\342\200\256 ok' | as alice phigate mask --explain)
	has "$explained" "2:6: MRN 84729315"
	has "$explained" 'words for a medical record or a patient'"'"'s number stand before it: "mrn"'
	has "$explained" "[MRN] (redact)"
	has "$explained" 'MRN: >84729315<\u{1b}[31m\u{202e} ok'
	hasnt "$explained" $'\e'
	same "operator" redact "$(printf 'SSN 536-22-8741' | as alice phigate mask --explain --json | jq -r .operator)"
	exits 2 as alice phigate mask --explain --spans < /dev/null
	exits 2 as alice phigate mask --json < /dev/null
}

@test "phigate-agent policy-test --spans: what of each message is masked, and by which rule, without its text" {
	cat > "$SITE/cases.yaml" <<-'Y'
	- route: /v1/chat/completions
	  request:
	    model: m
	    messages: [{role: system, content: Be brief.}, {role: user, content: 'Why is MRN: 84729315 in bed 4?'}]
	    user: jane@example.org
	Y
	printf '{"k":"request","body":{"method":"POST","path":"/v1/chat/completions","text":%s}}\n' \
		'"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"SSN 536-22-8741\"}]}"' > "$SITE/recorded.jsonl"
	printf 'version: 1\nmask: {response: {MRN: partial}}\n' > "$SITE/spans.yaml"
	exits 0 phigate-agent policy-test "$SITE/spans.yaml" --spans "$SITE/cases.yaml" "$SITE/recorded.jsonl"
	has "$output" 'message 2, bytes 12-20: MRN by "mrn label", partial'
	has "$output" 'message 1, bytes 4-15: SSN by "ssn label", redact'
	has "$output" 'EMAIL by "email form", redact'
	hasnt "$output" 84729315
	spans=$(phigate-agent policy-test "$SITE/spans.yaml" --spans --json "$SITE/cases.yaml" 2>/dev/null | jq -c .spans)
	same "spans" '{"message":2,"start":12,"end":20,"entity":"MRN","rule":"mrn label","operator":"partial"}' \
		"$(jq -c '.[0]' <<< "$spans")"
	spans=$(phigate-agent policy-test "$SITE/spans.yaml" --json "$SITE/cases.yaml" 2>/dev/null | jq -c .spans)
	same "without --spans" null "$spans"
}
