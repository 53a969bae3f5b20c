# Two witnesses watch the agent's ledger: bundles get their cosignatures behind the sessions' backs, whatever the witnesses do, and a ledger that
# was set back is given away.
load lib/common

witness_start() { service "$1" node "$SITE_TESTS/e2e/lib/witness.mjs" "$SITE/$1" "${!2}" "$1.example/w" && speaks "$1"; }
witness_mode() { curl -sS -o /dev/null "http://127.0.0.1:${!1}/test/mode" -d "$2"; }
vkey() { head -n 1 "$SITE/$1.out" | json vkey; }
script() { sh "$SITE_TESTS/../config/verify-bundle.sh" "$@"; }

setup_file() {
	site_folder && site_account && idp_start && model_start || return 1
	read -r W1_PORT W2_PORT <<< "$(free_ports 2)"
	export W1_PORT W2_PORT
	site_policy && site_configure || return 1
	mkdir -p "$SITE/w1" "$SITE/w2"
	phigate-agent keys --config "$SITE/init/agent.yaml" | grep '^phigate/gpu-1+' | tee "$SITE/w1/ledgers" "$SITE/w2/ledgers" > "$SITE/ledger.vkey"
	witness_start w1 W1_PORT && witness_start w2 W2_PORT || return 1
	cat >> "$SITE/agent/agent.yaml" <<-END
		ledger:
		  witnesses:
		    - {vkey: '$(vkey w1)', url: 'http://127.0.0.1:$W1_PORT/w/'}
		    - {vkey: '$(vkey w2)', url: 'http://127.0.0.1:$W2_PORT/w'}
	END
	agent_start && login alice && login dave
}
teardown() {
	tunnel_close "$T" || true
	[ -n "$BATS_TEST_COMPLETED" ] || { echo "--- agent:"; agent_log | tail -n 15; cat "$SITE"/w?.err 2>/dev/null; }
}

# recorded [USER]
recorded() {
	tunnel $T "${1:-alice}" openai-prod --reason "ward round"
	chat note "Summarise the cholecystectomy note." > /dev/null
	tunnel_close $T
	B=$SITE/$T.tar
	bundle "${1:-alice}" "$SESSION" "$B"
}
# seen_by WITNESS…: the bundle as the agent has it now
seen_by() {
	local options=() w
	for w in "$@"; do options+=(--witness "$(vkey "$w")"); done
	bundle alice "$SESSION" "$B" && as alice phigate verify "$B" --ledger "$SITE/ledger.vkey" "${options[@]}" > "$SITE/$T.said"
}

@test "every bundle gets the word of both witnesses, and phigate and the script of stock tools believe it" {
	recorded
	exits 0 as alice phigate verify "$B"
	until_ok "both cosignatures" seen_by w1 w2
	has "$(cat "$SITE/$T.said")" "ok       witness    w1.example/w has seen the ledger with it at 2"
	has "$(cat "$SITE/$T.said")" "; w2.example/w has seen"
	{ echo "# those that we believe"; vkey w1; vkey w2; } > "$SITE/witnesses"
	exits 0 as alice phigate verify "$B" --witness "$SITE/witnesses"
	exits 0 script -l "$SITE/ledger.vkey" -w "$SITE/witnesses" "$B" "$SITE/allowed_signers" gpu-1@phigate
	has "$output" "witness    w1.example/w has seen the ledger with it at 2"
	exits 0 as alice phigate verify "$B"
	has "$output" "skipped  witness    2 more signatures stand under the checkpoint, and no witness's key is known (--witness)"
	exits 2 as alice phigate verify "$B" --witness-quorum 1
	exits 5 as alice phigate verify "$B" --witness "$(vkey w1)" --witness-quorum 2
	[ "$(as alice phigate verify "$B" --witness "$(vkey w2)" --json | jq -r '.checks[] | select(.check == "witness").result')" = ok ]
}

@test "a witness that lies, is slow or down keeps no session and no bundle waiting, and nothing of it is taken" {
	for lie in badsig huge slow; do
		witness_mode W2_PORT "$lie"
		recorded
		exits 0 as alice phigate verify "$B"
		until_ok "the word of the honest one ($lie)" seen_by w1
		exits 5 as alice phigate verify "$B" --witness "$(vkey w2)"
	done
	failed() { agent_log | grep -q 'witness_failed.*w2.example/w.*does not hold'; }
	until_ok "the lie is found out" failed
	end w2
	scraped=$(curl -sS "http://127.0.0.1:$ADMIN/metrics")
	has "$scraped" 'phigate_witness_total{result="failed"} '
	grep -qE '^phigate_witness_waiting [1-9]' <<< "$scraped"
	end agent
	witness_start w2 W2_PORT
	agent_start
	until_ok "the word of the one that was down" seen_by w1 w2
}

@test "a ledger that is set back is given away, and its sessions get nobody's word" {
	recorded
	until_ok "both cosignatures" seen_by w1 w2
	end agent
	cp -a "$STATE/ledger" "$SITE/ledger-before"
	agent_start
	recorded
	until_ok "both cosignatures" seen_by w1 w2
	end agent
	rm -rf "$STATE/ledger" && mv "$SITE/ledger-before" "$STATE/ledger"
	agent_start
	recorded dave                    # who keeps no receipt of what was
	contradicted() { agent_log | grep 'witness_contradicts' | grep -q 'w1.example/w'; }
	until_ok "the witness says so" contradicted
	exits 0 as dave phigate verify "$B" --ledger "$SITE/ledger.vkey"
	exits 5 as dave phigate verify "$B" --ledger "$SITE/ledger.vkey" --witness "$(vkey w1)"
	has "$output" "not verified: witness: w1.example/w has not cosigned the checkpoint that the proof leads to"
}
