load lib/common

# expires S: waits until a token that was given by now, for S seconds, has expired
past() { [ "$EPOCHSECONDS" -gt "$1" ]; }
expires() { until_ok "the token expires" past $((EPOCHSECONDS + $1)); }

@test "a command with an expired token refreshes it without a word" {
	idp_set '{"id_token_s":2}'
	login alice
	idp_set '{"id_token_s":3600}'
	expires 2
	exits 0 as alice phigate whoami --json
	has "$output" alice@hospital.example
}

@test "two commands at once never spend one refresh token twice" {
	idp_set '{"id_token_s":2}'
	login dave
	idp_set '{"id_token_s":3600}'
	expires 2
	for n in 1 2 3 4; do as dave phigate whoami > "$SITE/who.$n" 2>&1 3>&- & done
	wait
	for n in 1 2 3 4; do grep -q dave@hospital.example "$SITE/who.$n" || fail "command $n: $(cat "$SITE/who.$n")"; done
}

@test "a session outlives the tokens it began with" {
	idp_set '{"id_token_s":8}'
	login alice
	tunnel $T alice openai-prod
	expires 8
	code chat plain hello
	same "status" 200 "$code"
	idp_set '{"id_token_s":3600}'
}

@test "when the provider refuses the refresh, connect says at once how to go on" {
	idp_set '{"id_token_s":10}'
	login alice
	tunnel $T alice openai-prod
	idp_set '{"refresh":false}'
	said() { grep -q 'phigate login' "$SITE/tunnel-$T.err"; }
	SITE_WAIT_S=30 until_ok "advice" said
	idp_set '{"refresh":true,"id_token_s":3600}'
}

@test "logout wipes what login stored" {
	login bob
	exits 0 as bob phigate logout
	same "left" "" "$(grep -rlE 'eyJ|PRIVATE KEY' "$SITE/home/bob/state")"
	exits 3 as bob phigate whoami
}
