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

# Every command that needs a sign-in: how it exits once it is signed in, and the command; what runs on is watched and then ended.
table() {
	cat <<-T
	0 whoami
	0 ls
	0 doctor
	0 holds
	4 show 0000-0000
	4 approve 0000-0000
	4 deny 0000-0000 --reason no
	4 cancel 0000-0000
	0 sessions
	0 bundle $SESSION -o old.tar
	4 evidence --from 1h
	0 review $SESSION
	4 review $SESSION --finding fine
	1 revoke $SESSION
	0 exec openai-prod -- true
	runs connect openai-prod
	runs holds --watch
	T
}
stored() { echo "$SITE/home/alice/state/phigate/${1:-signin.json}"; }
# age FILE: puts the expired token in place of the one that is there; the refresh token stays
age() { jq --arg old "$OLD" '.id_token = $old' "$1" > "$1.new" && chmod 600 "$1.new" && mv "$1.new" "$1"; }
renewed() { [ "$(jq -r .id_token "$(stored)")" != "$OLD" ]; }

@test "every command that meets an expired token renews it without a word; where that is refused, one line says what to run" {
	idp_set '{"id_token_s":2}'
	login alice
	OLD=$(jq -r .id_token "$(stored)")
	idp_set '{"id_token_s":3600}'
	expires 2
	tunnel $T alice openai-prod
	tunnel_close $T
	same "in the table" "$(phigate --help | awk '/^  [a-z]/ {print $1}' | grep -vxE 'login|logout|replay|verify|export|mask|completion|version' | sort)" \
		"$(table | awk '{print $2}' | sort -u)"
	while read -r want command; do
		age "$(stored)"
		if [ "$want" = runs ]; then
			as_service runs alice phigate $command
			until_ok "$command renews" renewed
			alive runs || fail "$command ended: $(cat "$SITE"/runs.*)"
			end runs
		else
			rc=0; as alice phigate $command > "$SITE/runs.out" 2> "$SITE/runs.err" || rc=$?
			same "$command: $(cat "$SITE/runs.err")" "$want" "$rc"
			renewed || fail "$command does not renew"
		fi
		! grep -iE 'sign|token|expire|renew' "$SITE/runs.err" || fail "$command talks about it"
		: > "$SITE/runs.err"
	done < <(table)
	idp_set '{"refresh":false}'
	age "$(stored)"
	local line='phigate: the provider refuses to refresh the sign-in: invalid_grant (HTTP 400); run: phigate login'
	while read -r want command; do
		case $command in exec*) want=125 ;; *) want=3 ;; esac
		exits $want as alice phigate $command
		if [ "$command" = doctor ]; then output="phigate: $(sed -n 's/^.*sign-in  *//p' <<< "$output")"; fi
		same "$command" "$line" "$output"
	done < <(table)
	mkdir -p "$SITE/home/alice/config/phigate/profiles" "$(stored profiles/ward)"
	cp "$SITE/home/alice/config/phigate/client.yaml" "$SITE/home/alice/config/phigate/profiles/ward.yaml"
	cp "$(stored)" "$(stored profiles/ward/signin.json)"
	chmod 700 "$(stored profiles)" "$(stored profiles/ward)"
	for command in whoami "connect openai-prod" "show 0000-0000"; do
		exits 3 as alice phigate $command --profile ward
		same "$command" "$line --profile ward" "$output"
	done
	idp_set '{"refresh":true}'
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
