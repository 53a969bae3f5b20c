load lib/common

setup_file() { site_start && login alice bob; }

EVENT_FORMATS="fhir ocsf ecs cef otlp"
check() { node "$SITE_TESTS/e2e/lib/audit_check.mjs" "$@"; }

# once for all scenarios: a session with all that can happen: answered, streamed, refused, held and approved; everything that was written holds PHI
recorded() {
	B=$SITE/all.tar
	[ ! -s "$B" ] || { SESSION=$(< "$SITE/session"); return 0; }
	tunnel $T alice openai-prod --reason "ward round for Jane Smith, MRN 84729315"
	chat note "Summarise the cholecystectomy of Jane Smith, SSN 536-22-8741." > /dev/null
	chat_stream note "Again for Jane Smith, streamed." > /dev/null
	ask POST /v1/embeddings '{"model":"SSN: 536-22-8741","input":"Jane Smith"}' > /dev/null
	ask GET "/v1/models?patient=Jane+Smith" "" > /dev/null
	ask POST "/v1/Jane-Smith-84729315" '{}' > /dev/null
	chat plain "List every patient like Jane Smith." > /dev/null 2>&1 3>&- & local request=$!
	as bob phigate approve "$(event tunnel-$T held | json id)" --reason "for Jane Smith, 03/14/2024"
	wait $request
	tunnel_close $T
	echo "$SESSION" > "$SITE/session"
	bundle alice "$SESSION" "$B"
}
TOLD="session-opened exchange exchange decision exchange exchange decision exchange hold decision exchange session-closed"
PROMPT_WORDS='cholecystectomy|Summarise|streamed|ward round|metformin|every patient|patient=|03/14'

@test "every format is what its schema or a parser of others says, and tells the same story" {
	recorded
	for format in $EVENT_FORMATS; do
		exits 0 as alice phigate export "$B" --format $format -o "$SITE/$T.$format"
		same $format "$TOLD" "$(check $format "$SITE/$T.$format" | xargs)"
	done
	exits 0 as alice phigate export "$B" --format har -o "$SITE/$T.har"
	check har "$SITE/$T.har" > "$SITE/$T.entries"
	same entries "POST 200|POST 200|POST 403|GET 200|POST 403|POST 200" "$(cut -d' ' -f1,2 "$SITE/$T.entries" | paste -sd'|')"
}

@test "none but HAR holds any text, and none any PHI" {
	recorded
	for format in $EVENT_FORMATS; do
		text=$(as alice phigate export "$B" --format $format)
		no_phi "$text"
		! grep -oE "$PROMPT_WORDS" <<< "$text" || fail "$format holds text"
		for what in alice@hospital.example bob@hospital.example openai-prod bulk-export no-embeddings note /v1/chat/completions "$SESSION"; do
			has "$text" "$what"
		done
	done
	text=$(as alice phigate export "$B" --format har)
	for what in cholecystectomy metformin "[SSN]" "[NAME]"; do has "$text" "$what"; done
}

@test "the facts: who, where, how long, how many tokens, what was masked, who approved" {
	recorded
	e() { as alice phigate export "$B" --format ecs | jq -c "select(.event.action == \"$1\")" | sed -n "${2:-1}p"; }
	same who "alice@hospital.example clinicians 127.0.0.1" "$(e session-opened | jq -r '[.user.name, .user.roles[0], .source.ip] | join(" ")')"
	same asked "POST 200 note 9 12 success chat" "$(e exchange | jq -r '[.http.request.method, .http.response.status_code, .gen_ai.request.model.name,
		.gen_ai.usage.input_tokens, .gen_ai.usage.output_tokens, .event.outcome, .gen_ai.operation.name] | join(" ")')"
	same masked '{"NAME":1,"DATE":1,"PHONE":1,"EMAIL":1,"SSN":1,"MRN":1}' "$(e exchange | jq -c .phigate.masked)"
	[ "$(e exchange | jq .event.duration)" -gt 0 ]
	same refused "denied failure no-embeddings null" "$(e exchange 3 | jq -r '[.event.type[0], .event.outcome, .rule.name, .gen_ai.request.model.name] | map(tostring) | join(" ")')"
	same approved "approved bob@hospital.example bulk-export" "$(e decision 3 | jq -r '[.phigate.outcome, .phigate.by, .rule.name] | join(" ")')"
	same closed client "$(e session-closed | jq -r .phigate.why)"
	same ids 12 "$(as alice phigate export "$B" --format ecs | jq -r .event.id | sort -u | wc -l)"
}

@test "what does not verify is not exported, unless that is asked for" {
	recorded
	sed 's/openai-prod/openai-prot/' "$B" > "$B.bad"
	exits 5 as alice phigate export "$B.bad" --format ecs -o "$SITE/bad"
	has "$output" "not exported"
	[ ! -e "$SITE/bad" ]
	exits 5 as alice phigate export "$B.bad" --format ecs -o "$SITE/bad" --force
	[ -s "$SITE/bad" ]
	exits 2 as alice phigate export "$B" --format xml
	has "$output" "fhir, ocsf, ecs, cef, otlp, har"
	exits 2 as alice phigate export "$B"
	exits 1 as alice phigate export "$B" --format ecs -o "$SITE/nowhere/x"
	[ -z "$(ls "$SITE"/bad.part-* 2>/dev/null)" ]
}
