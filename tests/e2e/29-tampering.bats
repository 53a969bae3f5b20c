# Bundles of a real agent, stamped by an authority that is `openssl ts`: phigate and the script of stock tools say the same of them, as they
# are and after somebody laid hands on them. (tests/unit/test_bundle.c tries some 150 kinds on bundles that are made for it.)
load lib/common

tsa_mode() { curl -sS -o /dev/null "http://127.0.0.1:$TSA_PORT/test/mode" -d "$1"; }
tsa_start() { service tsa node "$SITE_TESTS/e2e/lib/tsa.mjs" "$SITE/tsa" "$TSA_PORT" && speaks tsa; }
script() { sh "$SITE_TESTS/../config/verify-bundle.sh" "$@"; }

setup_file() {
	site_folder && site_account && idp_start && model_start || return 1
	TSA_PORT=$(free_ports 1)
	export TSA_PORT
	tsa_start || return 1
	cp "$SITE/tsa/root.pem" "$SITE/agent/tsa-root.pem"
	chmod 644 "$SITE/agent/tsa-root.pem"
	site_policy && site_configure || return 1
	sed -i "s|recording: {durability: strict}|recording: {durability: strict, timestamp: {url: 'http://127.0.0.1:$TSA_PORT/tsa', roots_file: tsa-root.pem}}|" \
		"$SITE/agent/agent.yaml"
	agent_start && login alice || return 1
	phigate-agent keys --config "$SITE/init/agent.yaml" | grep '^phigate/gpu-1+' > "$SITE/ledger.vkey"
}
teardown() {
	tunnel_close "$T" || true
	[ -n "$BATS_TEST_COMPLETED" ] || { echo "--- agent:"; agent_log | tail -n 15; cat "$SITE/tsa.err" 2>/dev/null; }
}

# one recorded session; its bundle in $B as it is at once
recorded() {
	tunnel $T alice openai-prod --reason "ward round"
	chat note "Summarise the cholecystectomy note." > /dev/null
	tunnel_close $T
	B=$SITE/$T.tar
	bundle alice "$SESSION" "$B"
}
fetched_stamped() { bundle alice "$SESSION" "$B" && tar -tf "$B" | grep -qx SHA256SUMS.tsr; }
signers_with() { sed "s/^gpu-1@phigate /&$1 /; s/ namespaces=\"[^\"]*\"//" "$SITE/allowed_signers" > "$SITE/signers-$T"; }

@test "every bundle gets its time stamp, and phigate and openssl believe it" {
	recorded
	until_ok "the stamp" fetched_stamped
	exits 0 as alice phigate verify "$B" --tsa-ca "$SITE/tsa/root.pem"
	has "$output" "ok       timestamp  Hospital Time has seen the signature at 2"
	has "$output" "ok       records    "
	exits 0 as alice phigate verify "$B"
	has "$output" "skipped  timestamp"
	exits 0 as alice phigate verify "$B" --ledger "$SITE/ledger.vkey"
	has "$output" "ok       ledger     the session's end is leaf"
	exits 0 script -l "$SITE/ledger.vkey" -t "$SITE/tsa/root.pem" "$B" "$SITE/allowed_signers" gpu-1@phigate
	has "$output" "ledger     the session's end is leaf"
	has "$output" "timestamp  an authority has seen the signature at 2"
	mkdir "$SITE/$T" && tar -xf "$B" -C "$SITE/$T" && cd "$SITE/$T"
	openssl ts -verify -data SHA256SUMS.sig -in SHA256SUMS.tsr -CAfile "$SITE/tsa/root.pem" > /dev/null 2>&1
	same "checks" "archive members session signature sums policy chain head segments records story counts ledger witness timestamp" \
		"$(as alice phigate verify "$B" --json | jq -r '.checks[].check' | xargs)"
	same "verdict" "true ok" "$(as alice phigate verify "$B" --tsa-ca "$SITE/tsa/root.pem" --json | jq -r '"\(.verified) \(.checks[-1].result)"')"
}

@test "a signing key that has expired is believed at the time of the stamp, and at no other" {
	recorded
	until_ok "the stamp" fetched_stamped
	stamped=$(as alice phigate verify "$B" --tsa-ca "$SITE/tsa/root.pem" | grep -oE 'signature at .*Z$' | cut -d' ' -f3)
	signers_with "valid-before=\"$(date -u -d "$stamped + 1 second" +%Y%m%d%H%M%SZ)\""
	expired() { ! as alice phigate verify "$B" --allowed-signers "$SITE/signers-$T" > /dev/null; }
	until_ok "the key expires" expired
	exits 5 as alice phigate verify "$B" --allowed-signers "$SITE/signers-$T"
	has "$output" "not verified: signature: the key that signed is gpu-1@phigate's, but expired at"
	exits 5 script "$B" "$SITE/signers-$T" gpu-1@phigate
	exits 0 as alice phigate verify "$B" --allowed-signers "$SITE/signers-$T" --tsa-ca "$SITE/tsa/root.pem"
	exits 0 script -t "$SITE/tsa/root.pem" "$B" "$SITE/signers-$T" gpu-1@phigate
	# the stamp of another session does not make it older
	cp "$B" "$SITE/first.tar"
	recorded
	until_ok "the stamp" fetched_stamped
	mkdir "$SITE/$T-mixed" && cd "$SITE/$T-mixed"
	tar -xf "$B" && tar -xf "$SITE/first.tar" SHA256SUMS.tsr
	tar -tf "$B" | tar -cf "$SITE/mixed.tar" -b 1 --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --no-recursion -T -
	exits 5 as alice phigate verify "$SITE/mixed.tar" --tsa-ca "$SITE/tsa/root.pem"
	has "$output" "not verified: timestamp: "
	exits 5 script -t "$SITE/tsa/root.pem" "$SITE/mixed.tar" "$SITE/allowed_signers" gpu-1@phigate
	has "$output" "NOT VERIFIED: timestamp: "
}

@test "an authority that is slow, lies or is down keeps no session and no bundle waiting, and is asked again" {
	tsa_mode slow
	recorded
	exits 0 as alice phigate verify "$B"
	exits 5 as alice phigate verify "$B" --tsa-ca "$SITE/tsa/root.pem"
	has "$output" "timestamp: the bundle has no time stamp"
	exits 5 script -t "$SITE/tsa/root.pem" "$B" "$SITE/allowed_signers" gpu-1@phigate
	end tsa
	slow=$SESSION
	tsa_start && tsa_mode old
	recorded
	refused() { agent_log | grep -q 'timestamp_failed.*another request'; }
	until_ok "the lie is found out" refused
	exits 0 as alice phigate verify "$B"
	end tsa
	end agent
	agent_start
	recorded
	exits 0 as alice phigate verify "$B"
	tsa_start
	SITE_WAIT_S=40 until_ok "the stamp" fetched_stamped
	SESSION=$slow
	until_ok "the first one's stamp" fetched_stamped
	exits 0 as alice phigate verify "$B" --tsa-ca "$SITE/tsa/root.pem"
}

@test "what somebody laid hands on is refused by both, with the same check named" {
	recorded
	until_ok "the stamp" fetched_stamped
	mkdir "$SITE/$T" && cd "$SITE/$T"
	remake() { tar -cf "$SITE/bad.tar" -b 1 --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --no-recursion "$@"; }
	refused() {
		exits 5 as alice phigate verify "$SITE/bad.tar" --tsa-ca "$SITE/tsa/root.pem"
		has "$output" "not verified: $1: "
		exits 5 script -t "$SITE/tsa/root.pem" "$SITE/bad.tar" "$SITE/allowed_signers" gpu-1@phigate
		has "$output" "NOT VERIFIED: $1: "
		rm -rf ./* && tar -xf "$B"
	}
	tar -xf "$B"
	mapfile -t names < <(tar -tf "$B")
	remake "${names[@]}"
	cmp "$SITE/bad.tar" "$B"
	sed -i 's/ward round/ward sound/' session.json && remake "${names[@]}" && refused sums
	sed -i '2d' index.jsonl && remake "${names[@]}" && refused sums
	sed -i 's/redact/keep/' policy.yaml && remake "${names[@]}" && refused sums
	mv seg-000001.jsonl x && mv seg-000002.jsonl seg-000001.jsonl && mv x seg-000002.jsonl && remake "${names[@]}" && refused sums
	remake "${names[@]:0:${#names[@]}-1}" && refused sums
	remake "${names[@]:0:4}" policy.yaml session.json "${names[@]:6}" && refused members
	remake "${names[@]}" && printf x >> "$SITE/bad.tar" && refused archive
	ln -sf seg-000001.jsonl seg-000002.jsonl && remake "${names[@]}" && refused archive
	tar -cf "$SITE/bad.tar" -b 1 --format=pax --owner=0 --group=0 --numeric-owner --mode=0644 --no-recursion "${names[@]}" && refused archive
	remake "${names[@]:0:2}" "${names[@]:3}" && refused timestamp
	remake "${names[@]:0:3}" "${names[@]:4}" && refused ledger
	sed -i 's/^index .*/index 0/' session.tlog-proof && remake "${names[@]}" && refused ledger
}
