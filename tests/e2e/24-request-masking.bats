load lib/common

NOTE='Dr. Jane Smith saw her on 03/14/2024. SSN: 536-22-8741, "MRN": 84729315; mail jsmith@stmarys-clinic.org. Bed 4, metformin 500 mg.'

# policy REQUEST [RESPONSE]: from the next request on
policy() {
	cat > "$SITE/agent/policies/hipaa.yaml" <<-Y
	version: 1
	mask: {request: "$1", response: ${2:-"{default: redact, DATE: year}"}}
	rules:
	  - name: bulk-export
	    when: {prompt_matches: '(?i)\ball patients?\b'}
	    then: approve
	    by: {groups: [privacy-officers]}
	Y
}
reloaded() { [ "$(agent_log | grep -c '"event":"reloaded"')" -gt "$1" ]; }
set_policy() {
	local before
	before=$(agent_log | grep -c '"event":"reloaded"' || true)
	policy "$@"
	phigate-agent check --config "$SITE/agent/agent.yaml" > /dev/null
	kill -HUP "$(pid_of agent)"
	until_ok "the new policy" reloaded "$before"
}
setup_file() {
	site_policy() { policy tokenize; }
	site_start && login alice bob dave || return 1
	model_scripts '{"e1":{"echo":true,"cut":1},"e3":{"echo":true,"cut":3},"e7":{"echo":true,"cut":7},
		"mangled":{"cut":2,"text":"**[name-1]** (\\[SSN-1\\]) since [Date-1], not [NAME-9], nor Dr. Robert Jones. [NAME-"},
		"args":{"cut":1,"tool":"{\"who\": \"[NAME-1]\", \"said\": [\"[TEXT-1]\", 5.0], \"mrn\": \"[MRN-1]\"}"}}'
}

last_request() { model_log | jq -r '.[-1].body'; }

@test "tokenize: the SDK gets its own text back, whole and streamed, however it is cut; the model sees tokens" {
	tunnel $T alice openai-prod
	same "chat" "$NOTE" "$(sdk chat echo "$NOTE")"
	same "what the model sees" \
		'Dr. [NAME-1] saw her on [DATE-1:2024]. SSN: [SSN-1], "MRN": [MRN-1]; mail [EMAIL-1]. Bed 4, metformin 500 mg.' \
		"$(last_request | jq -r '.messages[0].content')"
	for model in echo e1 e3 e7; do same "stream of $model" "$NOTE" "$(sdk stream $model "$NOTE")"; done
	same "completion" "$NOTE" "$(sdk completion e3 "$NOTE")"
	no_phi "$(model_log)"
}

@test "tokenize: what models do to tokens is undone, what they invent stays, and other identifiers are masked" {
	tunnel $T alice openai-prod
	wanted='**Jane Smith** (536-22-8741) since 03/14/2024, not [NAME-9], nor Dr. [NAME]. [NAME-'
	sdk chat echo "$NOTE" > /dev/null
	for how in chat stream; do same "$how" "$wanted" "$(sdk $how mangled "And now?")"; done
	same "like a token" "[NAME-1] and [name 2]" "$(sdk stream e1 "[NAME-1] and [name 2]")"
}

@test "tokenize: arguments of a tool call are the caller's own, and JSON" {
	tunnel $T alice openai-prod
	sdk chat echo "Dr. Jane \"JJ\" Smith" > /dev/null
	sdk chat echo "$NOTE" > /dev/null
	for how in tool toolstream; do
		arguments=$(sdk $how args hi)
		same "mrn of $how" 84729315 "$(jq -r .mrn <<< "$arguments")"
		has "$(jq -r .who <<< "$arguments")" Jane
		has "$arguments" '"said": ["[TEXT-1]", 5.0]'
	done
}

@test "tokenize: Ollama's lines" {
	tunnel $T alice ollama-prod
	for model in e1 e7; do
		said=$(ask POST /api/chat "$(jq -cn --arg t "$NOTE" --arg m $model '{model: $m, messages: [{role: "user", content: $t}]}')" -N)
		same "lines of $model" "$NOTE" "$(jq -rj .message.content <<< "$said")"
		same "last line" true "$(tail -n 1 <<< "$said" | jq -r .done)"
	done
	no_phi "$(model_log)"
}

@test "tokenize: approvers, recordings and logs have tokens only" {
	tunnel $T alice openai-prod
	sdk stream e3 "All patients of Dr. Jane Smith, SSN 536-22-8741" > "$SITE/said" 3>&- & request=$!
	id=$(event tunnel-$T held | json id)
	show=$(as bob phigate show "$id")
	no_phi "$show"
	has "$show" "of Dr. [NAME-1], SSN [SSN-1]"
	exits 0 as bob phigate approve "$id"
	wait $request
	same "the answer" "All patients of Dr. Jane Smith, SSN 536-22-8741" "$(cat "$SITE/said")"
	tunnel_close $T
	bundle alice "$SESSION" "$SITE/$T.tar"
	exits 0 as alice phigate verify "$SITE/$T.tar" --allowed-signers "$SITE/allowed_signers"
	no_phi "$(tar -xOf "$SITE/$T.tar")"
	replay=$(as alice phigate replay "$SITE/$T.tar" --allowed-signers "$SITE/allowed_signers" --speed 0)
	same "in the replay, asked and answered" 2 "$(grep -c 'of Dr. \[NAME-1\], SSN \[SSN-1\]' <<< "$replay")"
	no_phi "$(agent_log)"
}

@test "tokenize: another session's tokens, another person's or one's own, stay tokens" {
	tunnel $T alice openai-prod
	sdk chat echo "$NOTE" > /dev/null
	tunnel_close $T
	tunnel $T dave openai-prod
	# what he writes is a token of his own session by now, and stands for just that
	has "$(sdk stream mangled "Tell me who [NAME-1] is, and what [SSN-1] of the other session was.")" '**[NAME-1]** ([SSN-1]) since [Date-1]'
	no_phi "$(model_log)"
	tunnel_close $T
	tunnel $T alice openai-prod
	has "$(sdk chat mangled hi)" '**[name-1]** (\[SSN-1\])'
}

@test "tokenize: after the agent was started again, what was given before are tokens of nobody" {
	tunnel $T alice openai-prod
	sdk chat echo "$NOTE" > /dev/null
	end agent
	agent_start
	SITE_WAIT_S=40 event tunnel-$T session > /dev/null
	until_ok "the tunnel is back" eval 'chat echo hi > /dev/null 2>&1'
	has "$(sdk chat mangled hi)" '**[name-1]** (\[SSN-1\])'
	same "the next text" "$NOTE" "$(sdk stream e1 "$NOTE")"
}

@test "redact: the model sees the operators' masks, and so does the caller; deny: only what holds no identifier passes" {
	tunnel $T alice openai-prod
	set_policy redact
	same "redact" "Dr. [NAME], 2024" "$(sdk chat echo "Dr. Jane Smith, 03/14/2024")"
	set_policy deny "{default: redact, DATE: keep}"
	before=$(model_count)
	said=$(sdk error echo "Dr. Jane Smith, SSN 536-22-8741")
	same "exception" "PermissionDeniedError 403" "$(head -n 1 <<< "$said")"
	has "$said" "1 NAME, 1 SSN"
	no_phi "$said"
	same "the model saw" "$before" "$(model_count)"
	same "dates are kept" "since 03/14/2024" "$(sdk chat echo "since 03/14/2024")"
	set_policy tokenize
}

@test "mask.request: policy-test says what deny refuses; a wrong value is told with its place" {
	cat > "$SITE/cases.yaml" <<-'Y'
	- route: /v1/chat/completions
	  request: {model: m, messages: [{role: user, content: 'Dr. Jane Smith, SSN 536-22-8741, 03/14/2024'}]}
	  expect: {rule: mask.request, then: deny}
	- {route: /v1/chat/completions, request: {model: m, messages: [{role: user, content: hi}]}, expect: {rule: none, then: allow}}
	Y
	printf 'version: 1\nmask: {request: deny, response: {DATE: keep}}\n' > "$SITE/deny.yaml"
	exits 0 phigate-agent policy-test "$SITE/deny.yaml" "$SITE/cases.yaml"
	has "$output" "mask.request deny (1 NAME, 1 SSN)"
	for how in off redact tokenize; do
		printf 'version: 1\nmask: {request: "%s"}\n' $how > "$SITE/other.yaml"
		exits 1 phigate-agent policy-test "$SITE/other.yaml" "$SITE/cases.yaml"
		has "$output" "decided   none allow"
	done
	printf 'version: 1\nmask: {request: tokens}\n' > "$SITE/wrong.yaml"
	exits 2 phigate-agent policy-test "$SITE/wrong.yaml" "$SITE/cases.yaml"
	has "$output" 'wrong.yaml:2:17'
	has "$output" '"off", redact, deny or tokenize'
}
