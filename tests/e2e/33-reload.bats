# A running agent takes over a changed agent.yaml: all of it or nothing, and what runs finishes under what it began with.
load lib/common

setup_file() { site_start && login alice bob; }

YAML() { echo "$SITE/agent/agent.yaml"; }
take_over() { phigate-agent reload --config "$(YAML)" "$@"; }
change() { sed -i "$@" "$(YAML)" && exits 0 take_over; }
setup() {
	T=t$BATS_TEST_NUMBER
	cp "$(YAML)" "$SITE/before.yaml"
}
teardown() {
	tunnel_close "$T" || true
	cp "$SITE/before.yaml" "$(YAML)"
	take_over > /dev/null
}

@test "another credential and server are used by the next request of the same tunnel; a stream that runs ends as it began" {
	tunnel $T alice openai-prod
	chat_stream slow hi > "$SITE/stream" 2> /dev/null 3>&- & request=$!
	until_ok "the stream" eval '[ "$(wc -c < "$SITE/stream")" -gt 2000 ]'
	printf 'Bearer another-credential-77c2\n' > "$SITE/agent/other"
	chmod 600 "$SITE/agent/other"
	[ "$(id -u)" != 0 ] || chown "$AGENT_USER:" "$SITE/agent/other"
	change "/openai-prod:/s|value_file: [^}]*|value_file: $SITE/agent/other|"
	has "$output" "connections.openai-prod.credential"
	hasnt "$output" another-credential
	code chat plain hi
	same "goes on" 200 "$code"
	same "credential" "Bearer another-credential-77c2" "$(model_log | jq -r '.[-1].headers.authorization')"
	kill -0 $request || fail "the stream was cut"
	kill $request
	has "$(agent_log)" '"event":"reloaded"'
	hasnt "$(agent_log)" another-credential
}

@test "a mistake anywhere leaves all as it was, and is shown with its line" {
	sed -i "s|/openai-prod:/|&|; s|groups: \[clinicians\]|groups: [nobody]|; \$a nonsense: 1" "$(YAML)"
	exits 2 take_over
	has "$output" "agent.yaml:$(grep -n nonsense "$(YAML)" | cut -d: -f1):1"
	tunnel $T alice openai-prod
	code chat plain hi
	same "the old one stays" 200 "$code"
}

@test "what only a restart changes is named, and nothing else is taken over" {
	sed -i "s|groups: \[clinicians\]|groups: [nobody]|; s|^listen: .*|listen: 127.0.0.1:1|" "$(YAML)"
	exits 2 take_over
	has "$output" "listen"
	has "$output" "restart"
	tunnel $T alice openai-prod
}

@test "a session whose person lost the group, or whose connection is gone, ends at once, its stream too" {
	tunnel $T alice openai-prod
	chat_stream slow hi > "$SITE/stream" 2> /dev/null 3>&- & request=$!
	until_ok "the stream" eval '[ "$(wc -c < "$SITE/stream")" -gt 2000 ]'
	sed -i "s|groups: \[clinicians\]|groups: [nobody]|" "$(YAML)"
	exits 0 take_over
	until_ok "the stream ends" eval "! kill -0 $request 2>/dev/null"
	event "tunnel-$T" closed
	same "why" revoked "$(as alice phigate sessions --json | jq -r "select(.id == \"$SESSION\").end")"
	exits 4 as alice phigate connect openai-prod
	hasnt "$(cat "$SITE/stream")" '[DONE]'
}
