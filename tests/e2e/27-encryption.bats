load lib/common

# Recordings are for the privacy office, which has a key in a safe and one in use, and for nobody else.
setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	age-keygen -o "$SITE/key.txt" 2> "$SITE/keygen.err"
	age-keygen -o "$SITE/safe.txt" 2>> "$SITE/keygen.err"
	age-keygen -o "$SITE/other.txt" 2>> "$SITE/keygen.err"
	age-keygen -o "$SITE/board.txt" 2>> "$SITE/keygen.err"
	cat "$SITE/key.txt" "$SITE/board.txt" > "$SITE/both.txt"
	export RECIPIENT=$(age-keygen -y "$SITE/key.txt") BOARD=$(age-keygen -y "$SITE/board.txt")
	RECORDING_MORE="recipients: [$RECIPIENT, $(age-keygen -y "$SITE/safe.txt")], originals: [$BOARD]" site_configure && agent_start && login alice bob
}

# all that stands on the agent's disk
on_disk() { find "$STATE" "$SITE/agent" -type f -not -path '*/keys/*' -exec cat {} +; }
spooled() { find "$STATE/spool" -name 'seg-*.age' | wc -l; }

recorded() {
	tunnel $T alice openai-prod --reason "ward round"
	chat note "Summarise the cholecystectomy note." > "$SITE/answer"
	chat_stream note "Again the cholecystectomy note, streamed." > /dev/null
}
sealed() {
	recorded
	tunnel_close $T
	B=$SITE/$T.tar
	bundle alice "$SESSION" "$B"
}

@test "while a session runs, no prompt, answer or identifier stands on the disk in clear" {
	recorded
	until_ok "segments" eval '[ "$(spooled)" -ge 3 ]'
	disk=$(on_disk | tr -d '\0')
	for word in cholecystectomy metformin '[SSN]' '"salt"'; do hasnt "$disk" "$word"; done
	no_phi "$disk"
	same "segments in clear" 0 "$(find "$STATE/spool" -name 'seg-*.jsonl' | wc -l)"
}

@test "of a held request only its masked text is on the disk, in the store where approvers read it" {
	tunnel $T alice openai-prod --reason "about Jane Smith"
	chat note "List all patients like Jane Smith, SSN 536-22-8741, for cholangiography." > "$SITE/held.$T" 2>&1 3>&- & request=$!
	id=$(event tunnel-$T held | json id)
	no_phi "$(on_disk | tr -d '\0')"
	has "$(tr -d '\0' < "$STATE/store.sqlite"; tr -d '\0' < "$STATE/store.sqlite-wal")" cholangiography
	hasnt "$(find "$STATE" -type f -not -name 'store.sqlite*' -not -path '*/keys/*' -exec cat {} + | tr -d '\0')" cholangiography
	exits 0 as bob phigate deny "$id" --reason "not Jane Smith"
	wait $request || true
	tunnel_close $T
	no_phi "$(on_disk | tr -d '\0')"
}

@test "age opens each segment, with either key and no other; its lines are what the index says" {
	sealed
	mkdir "$SITE/$T" && cd "$SITE/$T"
	tar -xf "$B"
	same "recipients" "$RECIPIENT" "$(jq -r '.recipients[0]' session.json)"
	same "other members" "" "$(ls | grep -Evx 'SHA256SUMS(\.sig)?|session\.(tlog-proof|json)|policy\.yaml|index\.jsonl|(seg|orig)-[0-9]{6}\.jsonl\.age')"
	for word in cholecystectomy metformin '[SSN]'; do hasnt "$(tr -d '\0' < "$B")" "$word"; done
	for file in seg-*.age; do
		age -d -i "$SITE/key.txt" "$file" > "${file%.age}"
		age -d -i "$SITE/safe.txt" "$file" | cmp - "${file%.age}"
		! age -d -i "$SITE/other.txt" "$file" > /dev/null 2>&1 || fail "$file opens with a stranger's key"
	done
	while IFS= read -r line; do
		file=$(printf 'seg-%06d.jsonl' "$(jq .seg <<< "$line")")
		got=$(tail -c +$(($(jq .off <<< "$line") + 1)) "$file" | head -c "$(jq .len <<< "$line")" | sha256sum | cut -c1-64)
		same "record $(jq .seq <<< "$line")" "$(jq -r .c <<< "$line")" "$got"
		same "file" "$(jq -r .f <<< "$line")" "$(sha256sum < "$file.age" | cut -c1-64)"
	done < index.jsonl
	all=$(cat seg-*.jsonl)
	has "$all" cholecystectomy
	has "$all" "[SSN]"
	no_phi "$all"
}

@test "verify and replay with the key show all; without one all else is checked; with another exit 5 says whose it must be" {
	sealed
	exits 0 as alice phigate verify "$B"
	has "$(grep ' records ' <<< "$output")" "skipped"
	exits 0 as alice phigate verify "$B" --identity "$SITE/key.txt"
	has "$(grep ' records ' <<< "$output")" "each as the index says"
	exits 0 as alice phigate verify "$B" --identity "$SITE/safe.txt"
	exits 5 as alice phigate verify "$B" --identity "$SITE/other.txt"
	has "$output" "is encrypted for 2 recipients"
	has "$output" "$RECIPIENT"
	hasnt "$output" AGE-SECRET-KEY
	exits 0 as alice phigate replay "$B" --identity "$SITE/key.txt" --speed 0 --max-pause 0
	for shown in cholecystectomy metformin "[SSN]" "ward round"; do has "$output" "$shown"; done
	no_phi "$output"
	exits 5 as alice phigate replay "$B" --speed 0 --max-pause 0
	has "$output" "encrypted"
	hasnt "$output" cholecystectomy
	exits 5 as alice phigate replay "$B" --identity "$SITE/other.txt" --speed 0 --max-pause 0
	has "$output" "$RECIPIENT"
	exits 0 as alice phigate export "$B" --format har --identity "$SITE/key.txt"
	has "$output" cholecystectomy
	exits 0 as alice phigate replay "$B" --html -o - --identity "$SITE/key.txt"
	for shown in cholecystectomy metformin '</html>'; do has "$output" "$shown"; done
	hasnt "$(as alice phigate replay "$B" --html -o - 2>&1 || true)" cholecystectomy
	exits 0 phigate-agent policy-test "$SITE/agent/policies/hipaa.yaml" --identity "$SITE/key.txt" "$B"
	has "$output" "2 cases, 0 failed"
	exits 2 phigate-agent policy-test "$SITE/agent/policies/hipaa.yaml" "$B"
	has "$output" "--identity FILE names a key"
	exits 2 phigate-agent policy-test "$SITE/agent/policies/hipaa.yaml" --identity "$SITE/other.txt" "$B"
	has "$output" "$RECIPIENT"
}

@test "the scripts of the README and config/ check the records with age, and the rest without" {
	sealed
	sed -n '/^```sh auditor$/,/^```$/p' "$SITE_TESTS/../README.md" | sed '1d;$d' > "$SITE/auditor.sh"
	mkdir "$SITE/$T" "$SITE/$T-keyless"
	(cd "$SITE/$T" && exits 0 sh ../auditor.sh "$B" "$SITE/allowed_signers" gpu-1@phigate "$SITE/key.txt" && hasnt "$output" unread)
	(cd "$SITE/$T-keyless" && exits 0 sh ../auditor.sh "$B" "$SITE/allowed_signers" gpu-1@phigate && has "$output" unread)
	exits 0 "$SITE_TESTS/../config/verify-bundle.sh" -i "$SITE/key.txt" "$B" "$SITE/allowed_signers" gpu-1@phigate
	exits 5 "$SITE_TESTS/../config/verify-bundle.sh" -i "$SITE/other.txt" "$B" "$SITE/allowed_signers" gpu-1@phigate
}

@test "an identity that age protects with a passphrase opens when that is typed, unseen, or read from stdin" {
	sealed
	printf 'hunter2\nhunter2\n' | script -qec "age -p -o $SITE/key.age $SITE/key.txt" /dev/null > "$SITE/age-p.out"
	typed() { printf '%s\n' "$1" | as alice script -qec "phigate verify $B --identity $SITE/key.age" /dev/null; }
	exits 0 typed hunter2
	has "$output" "Passphrase of $SITE/key.age: "
	has "$output" "each as the index says"
	exits 1 typed hunter3
	has "$output" "another passphrase protects it"
	exits 0 as alice setsid -w phigate replay "$B" --identity "$SITE/key.age" --speed 0 --max-pause 0 <<< hunter2
	has "$output" cholecystectomy
	hasnt "$output" hunter2
	exits 1 as alice setsid -w phigate verify "$B" --identity "$SITE/key.age" < /dev/null
	has "$output" "without a terminal it is read from stdin"
}

@test "what masking took away is for the board only, bound to its records, and shown where it is asked for" {
	sealed
	exits 0 as alice phigate verify "$B" --identity "$SITE/key.txt"
	has "$(grep ' records ' <<< "$output")" "the originals are encrypted"
	exits 0 as alice phigate verify "$B" --identity "$SITE/both.txt"
	has "$(grep ' records ' <<< "$output")" "originals, each the one that its record names"
	exits 0 as alice phigate replay "$B" --identity "$SITE/both.txt" --originals
	has "$output" UNMASKED
	has "$output" 536-22-8741
	exits 5 as alice phigate replay "$B" --identity "$SITE/key.txt" --originals
	has "$output" "$BOARD"
	hasnt "$output" 536-22-8741
	exits 2 as alice phigate replay "$B" --originals
	exits 0 "$SITE_TESTS/../config/verify-bundle.sh" -i "$SITE/both.txt" "$B" "$SITE/allowed_signers" gpu-1@phigate
	has "$output" "originals, each the one that its record names"
	exits 0 "$SITE_TESTS/../config/verify-bundle.sh" -i "$SITE/key.txt" "$B" "$SITE/allowed_signers" gpu-1@phigate
	has "$output" "the originals are encrypted"
}

@test "what an identity file is not is explained, and nothing of it shown" {
	sealed
	printf '%s\n' "$RECIPIENT" > "$SITE/public.txt"
	printf 'password: hunter2\n' > "$SITE/notes.txt"
	exits 1 as alice phigate verify "$B" --identity "$SITE/public.txt"
	has "$output" "public.txt:1"
	has "$output" "this is a recipient"
	exits 1 as alice phigate verify "$B" --identity "$SITE/notes.txt"
	hasnt "$output" hunter2
	exits 1 as alice phigate verify "$B" --identity "$SITE/none.txt"
	has "$output" "no such file"
}

@test "a killed agent ends the recording without any key" {
	recorded
	old=$SESSION
	agent_kill
	agent_start
	bundle alice "$old" "$SITE/crash.tar"
	exits 0 as alice phigate verify "$SITE/crash.tar" --identity "$SITE/key.txt"
	same "end" crash "$(tar -xOf "$SITE/crash.tar" session.json | jq -r .end)"
	hasnt "$(tr -d '\0' < "$SITE/crash.tar")" cholecystectomy
	exits 0 as alice phigate replay "$SITE/crash.tar" --identity "$SITE/key.txt" --speed 0 --max-pause 0
	has "$output" cholecystectomy
}

@test "a recipient that is none stops the agent with the line; a secret key is not repeated" {
	cp "$SITE/agent/agent.yaml" "$SITE/agent/bad.yaml"
	sed -i "s/$RECIPIENT/age1xyz/" "$SITE/agent/bad.yaml"
	exits 2 phigate-agent check --config "$SITE/agent/bad.yaml"
	has "$output" "bad.yaml:8:"
	has "$output" "recipients"
	sed -i "s/age1xyz/$(tail -n 1 "$SITE/key.txt")/" "$SITE/agent/bad.yaml"
	exits 2 phigate-agent check --config "$SITE/agent/bad.yaml"
	has "$output" "secret key"
	hasnt "$output" "$(tail -n 1 "$SITE/key.txt" | cut -c17-40)"
}
