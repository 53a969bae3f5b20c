load lib/common

setup_file() { site_start && login alice bob audrey; }

# three exchanges, one of them held and approved, and text that means ill to whoever shows it; its bundle in $B, recorded once
recorded() {
	local evil='</pre></style></title><script>document.body.append(1)</script><img src=x onerror=alert(1)><svg onload=alert(2)>&lt;\u202e\u200b\u001b]0;x\u0007'
	B=$SITE/recorded.tar
	[ ! -e "$B" ] || return 0
	tunnel $T alice openai-prod --reason "ward round <b onclick=x>"
	chat note "Summarise the cholecystectomy note." > /dev/null
	chat plain "List every patient." > /dev/null 2>&1 3>&- & local request=$!
	as bob phigate approve "$(event tunnel-$T held | json id)" --reason "night census </style>"
	wait $request
	chat echo "say $evil $(printf 'long %.0s' {1..14000})" > /dev/null
	tunnel_close $T
	bundle alice "$SESSION" "$B"
}

@test "replay --html writes a page of everything that was recorded, which can do nothing" {
	recorded
	exits 0 as audrey phigate replay "$B" --html -o "$SITE/$T.html"
	same "name" "$SITE/$T.html" "$output"
	same "mode" 600 "$(stat -c %a "$SITE/$T.html")"
	same "left beside it" "" "$(find "$SITE" -name "$T.html.part*")"
	seen=$(node "$SITE_TESTS/e2e/lib/page.mjs" "$SITE/$T.html" text)
	for shown in "alice@hospital.example on openai-prod" Verified "ward round <b onclick=x>" cholecystectomy "[SSN]" metformin "Approved by bob@hospital.example" \
		"night census </style>" "<script>document.body.append(1)</script><img src=x onerror=alert(1)>" '&lt;\u{202e}\u{200b}\u{1b}]0;x\u{7}' \
		"signature✓ holds" "story✓ holds" "The session ended: client"; do has "$seen" "$shown"; done
	same "what is long is whole, asked and answered" 2 "$(grep -oE '(long )+' <<< "$seen" | awk 'length == 70000' | wc -l)"
	no_phi "$seen"
	# another one, in its own name and in place of the old
	cd "$SITE/home/audrey"
	same "name" "$(tar -xOf "$B" session.json | jq -r .id).html" "$(as audrey phigate replay "$B" --html)"
	echo old > "$SITE/$T.html"
	exits 0 as audrey phigate replay "$B" --html -o "$SITE/$T.html"
	grep -q cholecystectomy "$SITE/$T.html"
	same "on standard output" "$(cat "$SITE/$T.html")" "$(as audrey phigate replay "$B" --html -o -)"
	exits 1 as audrey phigate replay "$B" --html -o /nonexistent/page.html
	exits 2 as audrey phigate replay "$B" --html --exchange 1
	exits 2 as audrey phigate replay "$B" -o "$SITE/$T.html"
}

@test "a bundle that was changed becomes a page only by force, which says so in every way" {
	recorded
	sed 's/night census/other reason/' "$B" > "$B.bad"
	exits 5 as audrey phigate replay "$B.bad" --html -o "$SITE/$T.bad.html"
	[ ! -e "$SITE/$T.bad.html" ]
	exits 5 as audrey phigate replay "$B.bad" --html -o "$SITE/$T.bad.html" --force
	seen=$(node "$SITE_TESTS/e2e/lib/page.mjs" "$SITE/$T.bad.html" text)
	for shown in "Not verified" "What follows may never have happened" "sums✗ fails" "Cannot be shown: record" cholecystectomy; do has "$seen" "$shown"; done
	hasnt "$seen" "other reason"
}

@test "a browser shows the page as it was read, runs nothing in it and asks nobody" {
	command -v chromium > /dev/null || skip "there is no chromium here"
	recorded
	sed 's|ward round <b onclick=x>|<img src=//evil.example>|' "$B" > "$B.bad"
	for file in "$B" "$B.bad"; do
		as audrey phigate replay "$file" --html -o "$SITE/$T.html" --force > /dev/null 2>&1 || true
		seen=$(node "$SITE_TESTS/e2e/lib/page.mjs" "$SITE/$T.html" open chromium)
		has "$seen" "<script>document.body.append(1)</script>"
	done
	has "$seen" "<img src=//evil.example>"
}

@test "replay goes to an exchange or a time, and shows the verdict first" {
	recorded
	exits 0 as audrey phigate replay "$B"
	has "$(head -n 1 <<< "$output")" "evidence  verified, signed by gpu-1@phigate"
	exits 0 as audrey phigate replay "$B" --exchange 2
	has "$output" "List every patient."
	hasnt "$output" cholecystectomy
	exits 1 as audrey phigate replay "$B" --exchange 4
	has "$output" "there is no exchange 4 here; there are 3"
	exits 0 as audrey phigate replay "$B" --at 0s
	has "$output" cholecystectomy
	at=$(as audrey phigate replay "$B" --json 2> /dev/null | jq -r 'select(.kind == "decision").time')
	exits 0 as audrey phigate replay "$B" --at "$at"
	hasnt "$output" cholecystectomy
	for shown in "List every patient." held "approved by bob"; do has "$output" "$shown"; done
	exits 1 as audrey phigate replay "$B" --at 9h
	exits 2 as audrey phigate replay "$B" --at noon
	same "records" "$(tar -xOf "$B" index.jsonl | wc -l)" "$(as audrey phigate replay "$B" --json 2> /dev/null | wc -l)"
}

on_screen() { tr -d '\r' < "$SITE/keys-$T.out" | grep -qF "$1"; }
press() { printf '%b' "$1" >&7; }

@test "keys on a terminal: pause, step, the exchanges before and after, speed, quit" {
	recorded
	mkfifo "$SITE/$T.keys"
	PERSON_TERM=xterm person audrey
	local pid
	exec 7<> "$SITE/$T.keys"
	script -qefc "${PERSON[*]@Q} phigate replay $B --max-pause 600 --speed 0.0001; stty -a | grep -o ' -\?icanon'" /dev/null < "$SITE/$T.keys" > "$SITE/keys-$T.out" 2>&1 3>&- &
	pid=$!
	until_ok "it begins" on_screen "the session opened"
	press ' '
	until_ok "it says that it is paused" on_screen "paused"
	press '\033[C'
	until_ok "the first exchange" on_screen "on to #1"
	until_ok "is shown" on_screen "Summarise the cholecystectomy note."
	press '\033[C'
	until_ok "the one after it" on_screen "on to #2"
	press '...'
	until_ok "step by step" on_screen "approved"
	press '\033[D'
	until_ok "the one before" on_screen "back to #1"
	press '+'
	until_ok "faster" on_screen "speed 0.125x"
	press 'q'
	wait $pid
	exec 7>&-
	same "the terminal is as it was" " icanon" "$(tr -d '\r' < "$SITE/keys-$T.out" | tail -n 1)"
	hasnt "$(cat "$SITE/keys-$T.out")" "The session ended"
}
