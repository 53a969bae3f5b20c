load lib/common

setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	sinks_prepare
	site_configure
	[ "$(id -u)" != 0 ] || chown "$AGENT_USER:" "$SITE"/*.token
	agent_start && login alice bob adam audrey
}

# a TLS syslog receiver that wants the agent's certificate, two HTTP endpoints, and what agent.yaml says of them and of a file
sinks_prepare() {
	local ports
	read -r -a ports <<< "$(free_ports 3)"
	export SYSLOG_PORT=${ports[0]}
	mkdir "$SITE/tls"
	(cd "$SITE/tls" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca &&
		for name in cert client; do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=$name &&
				openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $name.pem -extfile <(echo subjectAltName=IP:127.0.0.1)
		done; mv cert.key key.pem; chmod 644 ./*) 2> "$SITE/tls.err" || { cat "$SITE/tls.err" >&2; return 1; }
	echo otlp-token-4711 > "$SITE/otlp.token"
	echo hec-token-4712 > "$SITE/splunk.token"
	chmod 600 "$SITE"/*.token
	received
	service otlp node "$SITE_TESTS/e2e/lib/receiver.mjs" http "${ports[1]}" "$SITE/otlp" && speaks otlp
	service splunk node "$SITE_TESTS/e2e/lib/receiver.mjs" http "${ports[2]}" "$SITE/splunk" && speaks splunk
	AGENT_MORE="events:
  - {name: file, to: file, path: state/audit.ndjson}
  - {name: siem, to: syslog, format: cef, address: '127.0.0.1:$SYSLOG_PORT', ca_file: $SITE/tls/ca.pem, client_cert_file: $SITE/tls/client.pem,
     client_key_file: $SITE/tls/client.key}
  - {name: otel, to: http, format: otlp, url: 'http://127.0.0.1:${ports[1]}/v1/logs', token_file: $SITE/otlp.token}
  - {name: splunk, to: splunk, format: ocsf, url: 'http://127.0.0.1:${ports[2]}/services/collector/event', token_file: $SITE/splunk.token}"
}

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
	same asked "POST 200 note 9 12 success chat" "$(e exchange | jq -r '[.http.request.method, .http.response.status_code, .gen_ai.request.model,
		.gen_ai.usage.input_tokens, .gen_ai.usage.output_tokens, .event.outcome, .gen_ai.operation.name] | join(" ")')"
	same masked '{"NAME":1,"DATE":1,"PHONE":1,"EMAIL":1,"SSN":1,"MRN":1}' "$(e exchange | jq -c .phigate.masked)"
	[ "$(e exchange | jq .event.duration)" -gt 0 ]
	same refused "denied failure no-embeddings null" "$(e exchange 3 | jq -r '[.event.type[0], .event.outcome, .rule.name, .gen_ai.request.model] | map(tostring) | join(" ")')"
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

# ---- live ---------------------------------------------------------------------------------------------------------------------

has_event() { grep -q "$2" "$1" 2>/dev/null; }
# told FILE WHAT: waits until that stands in it
told() { until_ok "$2 in $1" has_event "$1" "$2"; }
received() { service receiver node "$SITE_TESTS/e2e/lib/receiver.mjs" syslog "$SYSLOG_PORT" "$SITE/syslog" "$SITE/tls/cert.pem" "$SITE/tls/key.pem" \
	"$SITE/tls/ca.pem" && speaks receiver; }
# the messages of one session without the syslog head, each once, in the order in which they came first
messages_of() { sed -n 's/^<[0-9]*>1 [^ ]* gpu-1 phigate-agent - [^ ]* - //p' "$SITE/syslog" | grep -F "$1" | awk '!seen[$0]++'; }
# what an export of the session tells, too: not who fetched its bundle, or revoked it
records() { grep -F "$SESSION."; }

@test "what streams to a file, to syslog and to HTTP endpoints is what the export says later" {
	recorded
	told "$STATE/audit.ndjson" "session-closed.*$SESSION"
	diff <(as alice phigate export "$B" --format ecs) <(records < "$STATE/audit.ndjson")
	told "$SITE/syslog" "session-closed.*$SESSION"
	diff <(as alice phigate export "$B" --format cef) <(messages_of "$SESSION.")
	check syslog "$SITE/syslog" > "$SITE/kinds"
	has "$(xargs < "$SITE/kinds")" "session-opened exchange"
	told "$SITE/otlp" "session-closed.*$SESSION"
	check otlp "$SITE/otlp" > /dev/null
	has "$(sort -u "$SITE/otlp.heads")" "POST /v1/logs Bearer otlp-token-4711 application/json"
	told "$SITE/splunk" "session-closed.*$SESSION"
	same splunk "$(as alice phigate export "$B" --format ocsf | jq -cS .)" "$(jq -cS "select(.event.metadata.uid | startswith(\"$SESSION.\")) | .event" "$SITE/splunk")"
	check hec "$SITE/splunk" > /dev/null
	has "$(sort -u "$SITE/splunk.heads")" "POST /services/collector/event Splunk hec-token-4712 application/json"
}

@test "who revoked, listed and fetched, what was taken over by whom, and when the agent started are told in every format, without PHI" {
	tunnel $T alice openai-prod --reason "ward round for Jane Smith, MRN 84729315"
	revoked=$SESSION
	exits 0 as audrey phigate sessions
	exits 0 as adam phigate revoke "$revoked"
	bundle alice "$revoked" "$SITE/$T.tar"
	echo '# for Jane Smith, SSN 536-22-8741' >> "$SITE/agent/policies/hipaa.yaml"
	sed -i 's/body_max: 8MiB/body_max: 9MiB/; $a# for Jane Smith' "$SITE/agent/agent.yaml"
	exits 0 phigate-agent reload --config "$SITE/agent/agent.yaml"
	for event in agent-started configuration-in-force policy-in-force sessions-listed session-revoked bundle-fetched policy-changed configuration-changed reloaded; do
		for file in "$STATE/audit.ndjson" "$SITE/syslog" "$SITE/otlp" "$SITE/splunk"; do told "$file" "$event"; done
	done
	e() { jq -c "select(.event.action == \"$1\")" "$STATE/audit.ndjson"; }
	same revoked "adam@hospital.example $revoked" "$(e session-revoked | jq -r '[.user.name, .phigate.session] | join(" ")')"
	same listed audrey@hospital.example "$(e sessions-listed | jq -r .phigate.by | sort -u)"
	same fetched "alice@hospital.example" "$(e bundle-fetched | jq -r "select(.phigate.session == \"$revoked\") | .phigate.by")"
	same policy "hipaa $(sha256sum "$SITE/agent/policies/hipaa.yaml" | cut -d' ' -f1) uid $(id -u) command" \
		"$(e policy-changed | jq -r '[.phigate.policy, .phigate.sha256, .phigate.by, .phigate.why] | join(" ")')"
	same changed limits.body_max "$(e configuration-changed | jq -r .phigate.what)"
	has "$(e configuration-in-force | tail -n 1)" "$(sha256sum "$SITE/agent/agent.yaml" | cut -d' ' -f1)"
	check ecs "$STATE/audit.ndjson" > /dev/null
	check syslog "$SITE/syslog" > /dev/null
	messages_of CEF: > "$SITE/$T.cef" && check cef "$SITE/$T.cef" > /dev/null
	check otlp "$SITE/otlp" > /dev/null
	jq -c .event "$SITE/splunk" > "$SITE/$T.ocsf" && check ocsf "$SITE/$T.ocsf" > /dev/null
	no_phi "$(cat "$STATE/audit.ndjson" "$SITE/syslog" "$SITE/otlp" "$SITE/splunk")"
}

@test "the live stream holds no text and no PHI either" {
	recorded
	told "$SITE/otlp" "session-closed.*$SESSION"
	text=$(cat "$STATE/audit.ndjson" "$SITE/syslog" "$SITE/otlp" "$SITE/splunk" "$STATE"/events/*/*)
	no_phi "$text"
	! grep -oE "$PROMPT_WORDS" <<< "$text" || fail "text in the stream"
	for secret in token-4711 token-4712; do hasnt "$(agent_log)" "$secret"; done
}

@test "a receiver that is killed gets all that it missed, in order, and nobody waits for it" {
	tunnel $T alice openai-prod
	chat plain "one" > /dev/null
	told "$SITE/syslog" "exchange.*$SESSION"
	end receiver KILL
	for n in 2 3 4; do chat plain "$n" > /dev/null; done
	tunnel_close $T
	told "$STATE/audit.ndjson" "session-closed.*$SESSION"
	! has_event "$SITE/syslog" "session-closed.*$SESSION"
	[ "$(curl -sS "http://127.0.0.1:$ADMIN/metrics" | sed -n 's/^phigate_events_waiting_bytes{sink="siem"} //p')" -gt 0 ]
	received
	told "$SITE/syslog" "session-closed.*$SESSION"
	bundle alice "$SESSION" "$SITE/$T.tar"
	diff <(as alice phigate export "$SITE/$T.tar" --format cef) <(messages_of "$SESSION.")
	has "$(agent_log)" '"event":"events_not_taken","sink":"siem"'
}

@test "an agent that is killed tells the rest when it is back; a file that was moved away is opened anew" {
	tunnel $T alice openai-prod
	chat plain "one" > /dev/null
	told "$STATE/audit.ndjson" "exchange.*$SESSION"
	agent_kill
	mv "$STATE/audit.ndjson" "$STATE/audit.old"
	agent_start
	told "$STATE/audit.ndjson" "session-closed.*$SESSION"
	has "$(grep -F "$SESSION" "$STATE/audit.ndjson" | grep session-closed)" '"why":"crash"'
	bundle alice "$SESSION" "$SITE/$T.tar"
	diff <(as alice phigate export "$SITE/$T.tar" --format ecs) <(cat "$STATE/audit.old" "$STATE/audit.ndjson" | records | awk '!seen[$0]++')
	mv "$STATE/audit.ndjson" "$STATE/audit.2"
	kill -HUP "$(pid_of agent)"
	until_ok "the reload" eval 'agent_log | grep -q "\"event\":\"reload"'
	tunnel_close $T || true
	tunnel $T alice openai-prod
	tunnel_close $T
	told "$STATE/audit.ndjson" "session-closed.*$SESSION"
}
