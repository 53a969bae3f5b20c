load lib/common

setup_file() { site_start && login alice bob audrey; }

ledger() { agents ledger "$@" --config "$SITE/agent/agent.yaml"; }
# a session with one exchange; its bundle in $B
recorded() {
	tunnel $T alice openai-prod
	chat note "Summarise the cholecystectomy note." > /dev/null
	tunnel_close $T
	B=$SITE/$T.tar
	bundle alice "$SESSION" "$B"
}

@test "a bundle is proved to be in the agent's ledger, and in no other" {
	recorded
	vkeys > "$SITE/vkey"
	exits 0 as alice phigate verify "$B" --ledger "$SITE/vkey"
	has "$output" "leaf"
	has "$output" "phigate/gpu-1"
	exits 0 "$SITE_TESTS/../config/verify-bundle.sh" -l "$SITE/vkey" "$B" "$SITE/allowed_signers" gpu-1@phigate
	sed 's/gpu-1+/gpu-2+/' "$SITE/vkey" > "$SITE/other"
	exits 5 as alice phigate verify "$B" --ledger "$SITE/other"
	phigate-agent init "$SITE/stranger" > "$SITE/stranger.out"
	phigate-agent keys --config "$SITE/stranger/agent.yaml" | sed -n '/--ledger/{n;p}' > "$SITE/other"
	exits 5 as alice phigate verify "$B" --ledger "$SITE/other"
	has "$output" "signed by another key"
}

@test "ledger check reads all again, counts what happened and names what is open" {
	tunnel $T-open alice openai-prod
	open=$SESSION
	tunnel $T alice openai-prod
	chat plain "List every patient." > /dev/null 2>&1 3>&- & request=$!
	as bob phigate approve "$(event tunnel-$T held | json id)"
	wait $request
	tunnel_close $T
	bundle audrey "$SESSION" "$SITE/$T.tar"
	as audrey phigate sessions > /dev/null
	exits 0 ledger check
	for kind in start config policy open close hold fetch list; do has "$output" "phigate-$kind-v1"; done
	has "$output" "session $open part 1"
	hasnt "$output" "session $SESSION"
	exits 0 ledger prove "$SESSION"
	has "$output" "c2sp.org/tlog-proof@v1"
	exits 1 ledger prove "$open"
	has "$output" "not closed"
	exits 2 ledger proof
	tunnel_close $T-open
}

@test "a checkpoint that somebody kept is the beginning of the ledger, which goes on under a new key" {
	ledger checkpoint > "$SITE/kept"
	recorded
	exits 0 ledger check "$SITE/kept"
	has "$output" "are the ledger's first"
	vkeys > "$SITE/vkeys"
	end agent
	exits 0 agents keys --config "$SITE/agent/agent.yaml" --rotate ledger
	has "$output" "$(cat "$SITE/vkeys")"
	vkeys >> "$SITE/vkeys"
	same "keys" 2 "$(sort -u "$SITE/vkeys" | wc -l)"
	agent_start
	exits 0 as alice phigate verify "$B" --ledger "$SITE/vkeys"
	recorded_again=$B
	# who had receipts under the old key is told, and goes on once the operator has said why
	exits 5 as alice timeout 60 phigate connect openai-prod
	has "$output" "the ledger of gpu-1 is signed by another key than before"
	rm "$SITE/home/alice/state/phigate/receipts/gpu-1.json"
	T=$T-new recorded
	exits 0 as alice phigate verify "$B" --ledger "$SITE/vkeys"
	tail -n 1 "$SITE/vkeys" > "$SITE/vkey"
	exits 0 as alice phigate verify "$B" --ledger "$SITE/vkey"
	exits 5 as alice phigate verify "$recorded_again" --ledger "$SITE/vkey"
	exits 0 ledger check
}

@test "a ledger that was put back, or whose leaf was changed, is not gone on with" {
	recorded
	end agent
	cp -a "$STATE/ledger" "$SITE/whole"
	tile=$(ls -v "$STATE"/ledger/tile/entries/*.p/* | tail -n 1)
	sed -i 's/phigate-close-v1/phigate-close-v2/' "$tile"
	exits 1 ledger check
	has "$output" "has another hash"
	service agent "$SITE/bin/phigate-agent" run --config "$SITE/agent/agent.yaml"
	until_ok "it refuses" gone agent
	has "$(agent_log)" "nothing is added to a ledger that is damaged"
	rm -rf "$STATE/ledger" && cp -a "$SITE/whole" "$STATE/ledger"
	agent_start
	exits 0 ledger check
}

@test "without its notary the agent stops, and the next one goes on" {
	tunnel $T alice openai-prod
	old=$SESSION
	chat note "Before the notary died: tonsillectomy." > /dev/null
	pkill -KILL -P "$(pid_of agent)" -x phigate-notary
	until_ok "the agent ends" gone agent
	has "$(agent_log)" notary_died
	agent_start
	bundle alice "$old" "$SITE/$T.tar"
	vkeys > "$SITE/vkey"
	exits 0 as alice phigate verify "$SITE/$T.tar" --ledger "$SITE/vkey"
	exits 0 ledger check
}
