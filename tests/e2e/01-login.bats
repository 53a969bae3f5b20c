load lib/common

poll_ends() { until_ok "login ends" gone "login-$1"; }

@test "login shows where to go and signs in; whoami and ls tell who it is and what is there" {
	login alice
	said=$(cat "$SITE/login-alice.out")
	same "first event" device_code "$(head -n 1 <<< "$said" | json event)"
	has "$said" '"verification_uri_complete"'
	same "user" alice@hospital.example "$(tail -n 1 <<< "$said" | json user)"
	who=$(as alice phigate whoami --json)
	has "$who" clinicians
	list=$(as alice phigate ls --json)
	same "connections" "ollama-prod openai-prod" "$(jq -r .name <<< "$list" | sort | xargs)"
	same "allowed" "true true" "$(jq -r .allowed <<< "$list" | xargs)"
	exits 0 as alice phigate whoami
	has "$output" alice@hospital.example
}

@test "credentials lie in a private folder, and are refused when others can read them" {
	login alice
	folder=$SITE/home/alice/state/phigate
	same "folder" 700 "$(stat -c %a "$folder")"
	same "files" "" "$(find "$folder" -type f ! -perm 600)"
	file=$(grep -rlE 'eyJ' "$folder" | head -n 1)
	chmod 644 "$file"
	exits 1 as alice phigate whoami || exits 3 as alice phigate whoami
	chmod 600 "$file"
}

@test "on a terminal the code comes with a QR code and a warning" {
	PERSON_TERM=xterm
	local PERSON
	person carol
	service login-tty script -qfec "${PERSON[*]@Q} phigate login --no-browser" /dev/null
	shown() { grep -q '[▀▄█]' "$SITE/login-tty.out" || gone login-tty; }
	until_ok "a QR code" shown
	said=$(cat "$SITE/login-tty.out")
	end login-tty INT
	has "$said" "$ISSUER/device"
	grep -qiE 'never enter a code' <<< "$said"
	grep -q '[▀▄█]' <<< "$said"
}

@test "slow_down makes login wait longer, not fail" {
	idp_set '{"slow_down":1}'
	login dave
	exits 0 as dave phigate whoami
}

@test "a sign-in that the person refuses ends login with 1 or 4 and says so" {
	login_begin bob
	signin "$(event login-bob device_code | json verification_uri_complete)" bob deny
	poll_ends bob
	grep -qiE 'denied|refused|declined' "$SITE/login-bob.err"
	exits 3 as bob phigate whoami
}

@test "a code that expires ends login and says so" {
	idp_set '{"device_code_s":2}'
	login_begin audrey
	event login-audrey device_code
	poll_ends audrey
	idp_set '{"device_code_s":600}'
	grep -qi 'expired' "$SITE/login-audrey.err"
}

@test "without a sign-in every command that needs one exits 3 and says what to do" {
	home nobody
	for command in whoami ls "connect openai-prod" holds sessions; do
		exits 3 as nobody phigate $command
		has "$output" "phigate login"
	done
}

@test "a provider that returns no nonce works as well" {
	idp_set '{"nonce":false}'
	rm -rf "$SITE/home/adam"
	login adam
	idp_set '{"nonce":true}'
	exits 0 as adam phigate whoami
}

@test "a token without the groups claim, and an unverified address, are refused with what to change" {
	idp_set '{"claims":{"erin":{"groups":null},"frank":{"email_verified":false,"groups":["clinicians"]}}}'
	for user in erin frank; do
		login "$user" || true
		exits 4 as "$user" phigate ls || exits 1 as "$user" phigate ls
	done
	grep -qiE 'groups' <(agent_log)
}
