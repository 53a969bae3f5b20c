load lib/common

setup_file() { site_start && login alice carol; }

client_yaml() { echo "$SITE/home/$1/config/phigate/client.yaml"; }

@test "an unknown connection and one without the group: exit 4, naming what there is" {
	exits 4 as alice phigate connect nothing-here
	has "$output" openai-prod
	exits 4 as carol phigate connect openai-prod
	has "$output" clinicians
}

@test "a wrong host key: refused before anything is sent, both fingerprints, how to go on" {
	login bob
	ssh-keygen -q -t ed25519 -N '' -f "$SITE/otherkey"
	sed -i "s|host_key: [^,]*|host_key: $(cut -d' ' -f1,2 "$SITE/otherkey.pub")|" "$(client_yaml bob)"
	rc=0; said=$(as bob phigate connect openai-prod 2>&1) || rc=$?
	[ $rc != 0 ]
	has "$said" "$(ssh-keygen -lf "$SITE/otherkey.pub" | cut -d' ' -f2)"
	has "$said" "$(ssh-keygen -lf "$STATE/keys/ssh_host_ed25519_key.pub" | cut -d' ' -f2)"
	rm -rf "$SITE/home/bob"
}

@test "usage errors exit 2 and name the command's help" {
	exits 2 as alice phigate
	exits 2 as alice phigate nonsense
	exits 2 as alice phigate connect
	exits 2 as alice phigate connect a b
	exits 2 as alice phigate whoami --nonsense
	exits 0 as alice phigate version
	exits 0 as alice phigate --help
	exits 0 as alice phigate connect --help
}

@test "a mistake in client.yaml: exit 2 with file, line and column, and what is allowed" {
	home erin
	file=$(client_yaml erin)
	printf 'colour: blue\n' >> "$file"
	exits 2 as erin phigate whoami
	has "$output" "client.yaml:4:1"
	has "$output" agents
	printf 'oidc: {issuer: http://evil.example, client_id: phigate}\n' > "$file"
	exits 2 as erin phigate login
}

@test "a mistake in agent.yaml or a policy: exit 2 with file, line and column" {
	mkdir "$SITE/bad"
	exits 0 phigate-agent check --config "$SITE/agent/agent.yaml"
	has "$output" "agent.yaml: warning: recording.recipients names nobody"
	sed 's/^log:.*/log: {format: json, colour: blue}/' "$SITE/agent/agent.yaml" > "$SITE/bad/agent.yaml"
	line=$(grep -n colour "$SITE/bad/agent.yaml" | cut -d: -f1)
	exits 2 phigate-agent check --config "$SITE/bad/agent.yaml"
	has "$output" "agent.yaml:$line:"
	exits 2 phigate-agent run --config "$SITE/bad/agent.yaml"
	cp "$SITE/agent/agent.yaml" "$SITE/bad/agent.yaml"
	sed -i "s|$SITE/agent/policies|$SITE/bad/policies|" "$SITE/bad/agent.yaml"
	mkdir "$SITE/bad/policies"
	sed "s/then: deny/then: perhaps/" "$SITE/agent/policies/hipaa.yaml" > "$SITE/bad/policies/hipaa.yaml"
	exits 2 phigate-agent check --config "$SITE/bad/agent.yaml"
	has "$output" "hipaa.yaml:8:"
	sed "s/every)/every/" "$SITE/agent/policies/hipaa.yaml" > "$SITE/bad/policies/hipaa.yaml"
	exits 2 phigate-agent check --config "$SITE/bad/agent.yaml"
	has "$output" "hipaa.yaml:"
}

# masking LINE…: the lines under `mask:`; what check and `phigate mask` say of them must hold "policy.yaml:WHERE"
masking_is_wrong() {
	local where=$1 line
	shift
	printf 'version: 1\nmask:\n' > "$SITE/bad/policies/hipaa.yaml"
	for line; do printf '  %s\n' "$line"; done >> "$SITE/bad/policies/hipaa.yaml"
	exits 2 phigate-agent check --config "$SITE/bad/agent.yaml"
	has "$output" "hipaa.yaml:$where"
	exits 2 as alice phigate mask --policy "$SITE/bad/policies/hipaa.yaml" < /dev/null
	has "$output" "hipaa.yaml:$where"
}

@test "a mistake in what a policy masks: where it is, and what is allowed" {
	mkdir -p "$SITE/bad/policies"
	sed "s|$SITE/agent/policies|$SITE/bad/policies|" "$SITE/agent/agent.yaml" > "$SITE/bad/agent.yaml"
	masking_is_wrong 3:32: 'response: {SSN: redact, MRN: redakt}'
	has "$output" "redact, partial, pseudonym, hash"
	masking_is_wrong 3:14: 'response: {MRM: redact}'
	has "$output" "NAME, ADDRESS, CITY"
	masking_is_wrong 4:18: 'custom:' "- regex: 'B[0-9'" '  entity: BADGE'
	masking_is_wrong 4:13: 'custom:' "- regex: 'B*'" '  entity: BADGE'
	has "$output" "mask everything"
	masking_is_wrong 4:17: 'custom:' '- words_file: wards.txt' '  entity: WARD'
	has "$output" "wards.txt: cannot open"
	printf '# wards\r\n' > "$SITE/bad/policies/wards.txt"
	masking_is_wrong 4:17: 'custom:' '- words_file: wards.txt' '  entity: WARD'
	has "$output" "no word"
	printf '# wards\r\nWest Tower\r\nBed 9\r\n' > "$SITE/bad/policies/wards.txt"
	exits 0 phigate-agent check --config "$SITE/bad/agent.yaml"
	same "a site's words" "in [WARD], [WARD]." \
		"$(printf 'in west tower, Bed 9.' | as alice phigate mask --policy "$SITE/bad/policies/hipaa.yaml")"
}

@test "a bad policy at reload is refused, the old one stays in force; a good one is taken" {
	tunnel $T alice openai-prod
	cp "$SITE/agent/policies/hipaa.yaml" "$SITE/good.yaml"
	echo 'nonsense: 1' >> "$SITE/agent/policies/hipaa.yaml"
	kill -HUP "$(pid_of agent)"
	until_ok "the log names it" eval 'agent_log | grep -q "hipaa.yaml:"'
	code chat plain "please export the database"
	same "old policy" 403 "$code"
	chat_stream slow hi > "$SITE/stream" 2> /dev/null 3>&- & request=$!
	until_ok "a stream runs" eval '[ "$(wc -c < "$SITE/stream")" -gt 2000 ]'
	sed 's/export the database/burn the database/' "$SITE/good.yaml" > "$SITE/agent/policies/hipaa.yaml"
	kill -HUP "$(pid_of agent)"
	until_ok "the new policy" eval 'code chat plain "please burn the database"; [ "$code" = 403 ]'
	code chat plain "please export the database"
	same "new policy" 200 "$code"
	have=$(wc -c < "$SITE/stream")
	until_ok "what ran before the reload goes on" eval '[ "$(wc -c < "$SITE/stream")" -gt "$have" ]'
	kill $request
	cp "$SITE/good.yaml" "$SITE/agent/policies/hipaa.yaml"
}

@test "NO_COLOR and pipes: no escape sequence in any output" {
	for command in whoami ls holds sessions "--help" doctor; do
		hasnt "$(as alice phigate $command 2>&1)" $'\e'
	done
}

@test "health and metrics are there, without user, path or model labels" {
	exits 0 curl -sSf "http://127.0.0.1:$ADMIN/healthz"
	tunnel $T alice openai-prod
	chat plain hi > /dev/null
	metrics=$(curl -sS "http://127.0.0.1:$ADMIN/metrics")
	has "$metrics" phigate_
	for never in alice note plain chat/completions; do hasnt "$metrics" "$never"; done
}

@test "the examples in config/ are valid" {
	mkdir -p "$SITE/example"
	cp -r "$SITE_TESTS/../config/." "$SITE/example"
	sed -i "s|/var/lib/phigate|$STATE|; s|/etc/phigate|$SITE/example|; s|^user:.*|user: $AGENT_USER|; s|value_file: [^,}]*|value_file: $SITE/agent/secret|" \
		"$SITE/example/agent.yaml"
	exits 0 phigate-agent check --config "$SITE/example/agent.yaml"
	home gina
	cp "$SITE/example/client.yaml" "$(client_yaml gina)"
	exits 3 as gina phigate whoami
}
