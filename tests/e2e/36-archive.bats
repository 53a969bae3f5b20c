# Sealed bundles go to a folder and to S3-compatible storage under Object Lock; the storage is a stand-in that checks signatures and locks.
load lib/common

setup_file() {
	site_folder && site_account && idp_start && model_start && site_policy || return 1
	service s3 node "$SITE_TESTS/e2e/lib/s3.mjs" eu-test-1 bundles AKIATEST 'secret/with+signs'
	speaks s3 || return 1
	S3=$(json url < "$SITE/s3.out")
	export S3
	printf 'AKIATEST:secret/with+signs\n' > "$SITE/agent/s3"
	mkdir "$SITE/share"
	chmod 600 "$SITE/agent/s3"
	[ "$(id -u)" != 0 ] || chown "$AGENT_USER:" "$SITE/agent/s3" "$SITE/share"
	export AGENT_MORE="archive: {dir: $SITE/share, keep: 1s, s3: {endpoint: '$S3', region: eu-test-1, bucket: bundles, prefix: gpu-1/, credentials_file: $SITE/agent/s3}}
events: [{name: file, to: file, path: state/audit.ndjson}]"
	site_configure && agent_start && login alice
}
setup() { T=t$BATS_TEST_NUMBER; storage_is fine; }

storage_is() { curl -sS "$S3/test/mode" -d "$1"; }
objects() { curl -sS "$S3/test/objects"; }
object() { objects | jq -e --arg k "gpu-1/$1/1.tar" '.[] | select(.key == $k)'; }
figure() { curl -sSf "http://127.0.0.1:$ADMIN/metrics" | awk -v s="$1" '$1 == s {print $2}'; }
# a session that ends; its id is in SESSION
a_session() {
	tunnel "$T" alice openai-prod
	chat note "Summarise the visit" > /dev/null
	tunnel_close "$T"
}
prune() { as_agent phigate-agent prune --config "$SITE/agent/agent.yaml" "$@"; }
as_agent() {
	if [ "$(id -u)" = 0 ]; then setpriv --reuid "$AGENT_USER" --regid "$AGENT_USER" --clear-groups "$@"; else "$@"; fi
}

@test "a sealed bundle is in the folder and in the bucket, locked for six years, and a receipt says so" {
	a_session
	until_ok "the receipt" eval '[ "$(jq -r ".places | length" "$STATE/bundles/$SESSION/1.archived")" = 2 ]'
	sum=$(sha256sum < "$STATE/bundles/$SESSION/1.tar" | cut -d' ' -f1)
	same "receipt" "$sum" "$(jq -r .sha256 "$STATE/bundles/$SESSION/1.archived")"
	same "folder" "$sum" "$(sha256sum < "$SITE/share/$SESSION/1.tar" | cut -d' ' -f1)"
	same "bucket" "$sum" "$(object "$SESSION" | jq -r .sha256)"
	same "lock" COMPLIANCE "$(object "$SESSION" | jq -r .mode)"
	days=$((($(date -d "$(object "$SESSION" | jq -r .until)" +%s) - $(date +%s)) / 86400))
	[ "$days" -ge 2191 ] && [ "$days" -le 2192 ] || fail "locked for $days days"
	curl -sS "$S3/test/object/gpu-1/$SESSION/1.tar" > "$SITE/back.tar"
	exits 0 phigate verify "$SITE/back.tar" --allowed-signers "$SITE/allowed_signers"
	[ "$(figure 'phigate_archived_total{place="s3"}')" -ge 1 ] || fail "not counted"
}

@test "storage that is down, loses or does not lock gets no receipt, loses nothing, and is tried again" {
	tried=$(figure 'phigate_archive_failures_total{place="s3"}')
	storage_is lost
	a_session
	for how in lost down unlocked; do
		storage_is $how
		until_ok "a failure while it is $how" eval '[ "$(figure "phigate_archive_failures_total{place=\"s3\"}")" -gt "$tried" ]'
		tried=$(figure 'phigate_archive_failures_total{place="s3"}')
		[ -e "$STATE/bundles/$SESSION/1.tar" ] || fail "the bundle is gone"
		hasnt "$(cat "$STATE/bundles/$SESSION/1.archived")" s3://
	done
	has "$(agent_log)" '"event":"archive_failed"'
	until_ok "the event" grep -q archive-failed "$STATE/audit.ndjson"
	hasnt "$(agent_log)" 'with+signs'
	same "waiting" 1 "$(figure phigate_archive_waiting)"
	# a new start begins at once
	end agent
	storage_is fine
	agent_start
	until_ok "the receipt" eval 'grep -q s3:// "$STATE/bundles/$SESSION/1.archived"'
	until_ok "nothing waits" eval '[ "$(figure phigate_archive_waiting)" = 0 ]'
}

@test "prune removes what is archived and old enough, confirms it first, and nothing else" {
	a_session
	kept=$SESSION
	until_ok "the receipt" eval 'grep -q s3:// "$STATE/bundles/$kept/1.archived"'
	until_ok "it is old enough" eval '[ $(($(date +%s) - $(stat -c %Y "$STATE/bundles/$kept/1.tar"))) -ge 2 ]'
	exits 0 prune --dry-run
	has "$output" "$kept"
	[ -e "$STATE/bundles/$kept/1.tar" ] || fail "a dry run removed it"
	# what somebody did to the archive is found
	mv "$SITE/share/$kept/1.tar" "$SITE/share/$kept/hidden"
	exits 1 prune
	has "$output" "$kept part 1 stays"
	[ -e "$STATE/bundles/$kept/1.tar" ] || fail "removed though the archive lacks it"
	mv "$SITE/share/$kept/hidden" "$SITE/share/$kept/1.tar"
	exits 0 prune
	[ ! -e "$STATE/bundles/$kept/1.tar" ] || fail "it is still there"
	has "$output" '"event":"pruned"' || has "$output" pruned
	exits 1 as alice phigate bundle "$kept" -o "$SITE/none.tar"
	told() { until_ok "$1 of $kept" eval "jq -es 'any(.event.action == \"$1\" and .phigate.session == \"$kept\" and .phigate.sha256 == \"$2\")' $STATE/audit.ndjson"; }
	sum=$(sha256sum < "$SITE/share/$kept/1.tar" | cut -d' ' -f1)
	told bundle-archived "$sum"
	a_session                                        # what prune has noted is told when the agent looks, as after the next leaf
	told bundle-pruned "$sum"
}

@test "prune removes nothing when no archive is named" {
	sed '/^archive:/d' "$SITE/agent/agent.yaml" > "$SITE/agent/bare.yaml"
	exits 2 as_agent phigate-agent prune --config "$SITE/agent/bare.yaml"
	has "$output" "names no archive"
}
