load lib/common

# A small file system for the agent's state, where that is possible
setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	export STATE=$SITE/state
	mkdir "$STATE"
	if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=6m,mode=700 phigate-test "$STATE" 2> /dev/null; then export SMALL=1; fi
	site_configure && agent_start && login alice
}
teardown_file() {
	end agent
	[ -z "${SMALL:-}" ] || umount "$STATE"
	site_stop
}

fill() { dd if=/dev/zero of="$STATE/filler" bs=4k status=none 2> /dev/null || true; }
free() { rm -f "$STATE/filler"; }

@test "a full disk: no exchange passes without a record, 503; with room again all goes on" {
	[ -n "${SMALL:-}" ] || skip "cannot mount a small file system here"
	tunnel $T alice openai-prod
	code chat plain before
	same "before" 200 "$code"
	fill
	before=$(model_count)
	code chat note during
	same "full" 503 "$code"
	has "$output" '"error"'
	same "reached the model" "$before" "$(model_count)"
	free
	until_ok "it goes on" eval 'code chat plain after; [ "$code" = 200 ]'
}

@test "a disk that fills in mid-stream cuts the answer before its unrecorded part" {
	[ -n "${SMALL:-}" ] || skip "cannot mount a small file system here"
	tunnel $T alice openai-prod
	chat_stream slow hi > "$SITE/stream" 2> /dev/null 3>&- & request=$!
	until_ok "the stream" eval '[ "$(wc -c < "$SITE/stream")" -gt 2000 ]'
	fill
	until_ok "the stream ends" eval "! kill -0 $request 2>/dev/null"
	hasnt "$(cat "$SITE/stream")" '[DONE]'
	free
	has "$(agent_log)" '"error"' || has "$(agent_log)" 'space'
}

@test "doctor says that the disk is nearly full" {
	[ -n "${SMALL:-}" ] || skip "cannot mount a small file system here"
	exits 1 as alice phigate doctor
	has "$(grep '^FAIL  disk' <<< "$output")" "nearly full"
}
