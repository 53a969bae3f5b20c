load lib/common

setup_file() { site_start && login alice dave adam carol; }

@test "an administrator's revoke cuts a running stream at once" {
	tunnel $T alice openai-prod
	chat_stream slow hi > "$SITE/stream" 2> /dev/null 3>&- & request=$!
	streaming() { [ "$(wc -c < "$SITE/stream")" -gt 1000 ]; }
	until_ok "the stream" streaming
	exits 0 as adam phigate revoke "$SESSION"
	SITE_WAIT_S=4 until_ok "the stream ends" eval "! kill -0 $request 2>/dev/null"
	hasnt "$(cat "$SITE/stream")" '[DONE]'
	until_ok "the model sees it" eval '[ "$(model_log | jq -r ".[-1].status")" = "client gone" ]'
	until_ok "connect ends" gone "tunnel-$T"
	bundle alice "$SESSION" "$SITE/revoked.tar"
	same "end" revoked "$(tar -xOf "$SITE/revoked.tar" session.json | jq -r .end)"
	exits 0 as alice phigate verify "$SITE/revoked.tar"
}

@test "others may not revoke; one's own session one may" {
	tunnel $T alice openai-prod
	exits 4 as dave phigate revoke "$SESSION" || exits 1 as dave phigate revoke "$SESSION"
	code chat plain hi
	same "status" 200 "$code"
	exits 0 as alice phigate revoke "$SESSION"
	until_ok "connect ends" gone "tunnel-$T"
}
