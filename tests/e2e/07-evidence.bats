load lib/common

setup_file() { site_start && login alice bob carol audrey; }

# one recorded session with a masked answer and an approval; its bundle in $B
recorded() {
	tunnel $T alice openai-prod --reason "ward round"
	chat note "Summarise the cholecystectomy note." > /dev/null
	chat_stream note "Again, streamed." > /dev/null
	chat plain "List every patient." > /dev/null 2>&1 3>&- & local request=$!
	as bob phigate approve "$(event tunnel-$T held | json id)"
	wait $request
	tunnel_close $T
	B=$SITE/$T.tar
	bundle alice "$SESSION" "$B"
}

@test "a closed session is a bundle that stock tools verify, without phigate" {
	recorded
	mkdir "$SITE/$T" && cd "$SITE/$T"
	same "member types" "-" "$(tar -tvf "$B" | cut -c1 | sort -u)"
	tar -xf "$B"
	same "first members" "SHA256SUMS SHA256SUMS.sig session.tlog-proof session.json policy.yaml index.jsonl" "$(tar -tf "$B" | head -n 6 | xargs)"
	ssh-keygen -Y verify -f "$SITE/allowed_signers" -I gpu-1@phigate -n phigate-bundle-v1 -s SHA256SUMS.sig < SHA256SUMS
	sha256sum --strict --quiet -c SHA256SUMS
	same "names" "$(tar -tf "$B" | grep -vE '^SHA256SUMS|tlog-proof' | LC_ALL=C sort | xargs)" "$(cut -c67- SHA256SUMS | xargs)"
	prev=$(printf '0%.0s' {1..64})
	while IFS= read -r line; do
		same "prev" "$prev" "$(jq -r .prev <<< "$line")"
		prev=$(printf '%s\n' "$line" | sha256sum | cut -c1-64)
	done < index.jsonl
	same "head" "$prev" "$(jq -r .head session.json)"
	while IFS= read -r line; do
		file=$(printf 'seg-%06d.jsonl' "$(jq .seg <<< "$line")")
		got=$(tail -c +$(($(jq .off <<< "$line") + 1)) "$file" | head -c "$(jq .len <<< "$line")" | sha256sum | cut -c1-64)
		same "record $(jq .seq <<< "$line")" "$(jq -r .c <<< "$line")" "$got"
	done < index.jsonl
	same "end" client "$(jq -r .end session.json)"
	same "reason" "ward round" "$(jq -r .reason session.json)"
	for kind in open request response hold decision close; do grep -q "\"k\":\"$kind\"" index.jsonl || fail "no $kind in the index"; done
}

@test "the record holds prompt and answer as the client saw it; no PHI, no key, no token" {
	recorded
	all=$(tar -xOf "$B")
	has "$all" cholecystectomy
	has "$all" "[SSN]"
	no_phi "$all"
	for secret in "$KEY" model-credential-5d1f eyJhbGci; do hasnt "$all" "$secret"; done
	hasnt "$(tar -xOf "$B" index.jsonl session.json)" cholecystectomy
	no_phi "$(agent_log)"
	for secret in "$KEY" model-credential-5d1f eyJ cholecystectomy; do hasnt "$(agent_log)" "$secret"; done
}

@test "phigate verify and replay; another key or a changed byte is exit 5" {
	recorded
	exits 0 as alice phigate verify "$B"
	exits 0 as alice phigate verify "$B" --allowed-signers "$SITE/allowed_signers"
	exits 0 as alice phigate replay "$B" --speed 0 --max-pause 0
	for shown in cholecystectomy metformin "[SSN]" bob@hospital.example "ward round"; do has "$output" "$shown"; done
	no_phi "$output"
	printf 'gpu-1@phigate %s\n' "$HOST_KEY" > "$SITE/other"
	exits 5 as alice phigate verify "$B" --allowed-signers "$SITE/other"
	size=$(stat -c %s "$B")
	for at in 600 $((size / 3)) $((size / 2)); do
		cp "$B" "$B.bad"
		printf '\x5a' | dd of="$B.bad" bs=1 seek=$at conv=notrunc status=none
		cmp -s "$B" "$B.bad" || exits 5 as alice phigate verify "$B.bad"
	done
	head -c $((size - 2048)) "$B" > "$B.short"
	exits 5 as alice phigate verify "$B.short"
	cat "$B" "$B" > "$B.twice"
	exits 5 as alice phigate verify "$B.twice"
	exits 5 as alice phigate replay "$B.bad" --speed 0 || true
}

@test "the script in the README verifies the bundle" {
	recorded
	sed -n '/^```sh auditor$/,/^```$/p' "$SITE_TESTS/../README.md" | sed '1d;$d' > "$SITE/auditor.sh"
	[ -s "$SITE/auditor.sh" ]
	mkdir "$SITE/audit" && cd "$SITE/audit"
	exits 0 bash -eu "$SITE/auditor.sh" "$B" "$SITE/allowed_signers" gpu-1@phigate
	cp "$B" "$B.bad"
	printf 'Z' | dd of="$B.bad" bs=1 seek=$(($(stat -c %s "$B") / 2)) conv=notrunc status=none
	cd "$SITE" && rm -r audit && mkdir audit && cd audit
	! bash -eu "$SITE/auditor.sh" "$B.bad" "$SITE/allowed_signers" gpu-1@phigate || fail "a changed bundle passes"
}

@test "the auditor gets others' sessions, a stranger does not" {
	recorded
	bundle audrey "$SESSION" "$SITE/audrey.tar"
	cmp "$B" "$SITE/audrey.tar"
	exits 4 as carol phigate bundle "$SESSION" -o "$SITE/carol.tar" || exits 1 as carol phigate bundle "$SESSION" -o "$SITE/carol.tar"
	[ ! -s "$SITE/carol.tar" ]
	has "$(as audrey phigate sessions --json)" "$SESSION"
	has "$(as alice phigate sessions --json)" "$SESSION"
	hasnt "$(as carol phigate sessions --json)" "$SESSION"
}

@test "a bundle of a running session is not handed out" {
	tunnel $T alice openai-prod
	exits 1 as alice phigate bundle "$SESSION" -o "$SITE/open.tar"
	[ ! -s "$SITE/open.tar" ]
}

@test "batched recording yields the same evidence" {
	end agent
	sed -i 's/durability: strict/durability: batched/' "$SITE/agent/agent.yaml"
	agent_start
	recorded
	exits 0 as alice phigate verify "$B"
	has "$(tar -xOf "$B")" cholecystectomy
}
