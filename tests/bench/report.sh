#!/usr/bin/env bash
# The tables of `make bench`, from what the runs left in a folder. Figures are medians over the rounds; ratios are taken within each
# round, between runs that followed one another.
set -u
W=$1

# rows FILTER: tab-separated cells, printed as a table
table() { awk -F'\t' '{printf "  %-26s", $1; for (i = 2; i <= NF; i++) printf " %12s", $i; print ""}' | sed 's/ *$//'; }
query() { jq -rs --arg names "$NAMES" "$LIBRARY $1" "$W/runs"; }
NAMES='{"nginx":"nginx proxy_pass","batched":"agent, batched","strict":"agent, strict","ssh":"ssh -L, nginx","tunnel":"connect, batched",
	"tunnel-strict":"connect, strict","bare":"phigate tunnel alone","ssh-bare":"ssh -L alone"}'
LIBRARY='
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def runs($t; $c; $m): [.[] | select(.target == $t and .connections == $c and .mode == $m)];
def figure($t; $c; $m; $f): runs($t; $c; $m) | map(.[$f]) | median;
def ratio($a; $b; $c; $m; $f): . as $all | [runs($a; $c; $m)[] | . as $x | $all | runs($b; $c; $m)[] | select(.round == $x.round and .[$f] > 0) |
	$x[$f] / .[$f]] | median;
def name($t): ($names | fromjson)[$t];
def r($d): if . == null then "-" else (. * pow(10; $d) | round) as $n | ($n / pow(10; $d) | tostring) |
	if $d > 0 then (split(".") | .[0] + "." + ((.[1] // "") + "000")[:$d]) else . end end;
def baseline($t): if $t == "nginx" or $t == "ssh" then null elif ($t | startswith("tunnel")) then "ssh" else "nginx" end;
def goal($ratio; $limit; $least): if $ratio == null then "" else
	(if $least then "at least " else "at most " end) + ($limit | tostring) + ": " + (if ($ratio >= $limit) == $least then "reached" else "MISSED" end) end;'

if grep -q '"mode":"exchange"' "$W/runs"; then
	for c in 1 32; do
		printf '\nExchanges, %s at a time: a small question, an answer of 1 KiB\n' "$c"
		query '(["", "a second", "p50 us", "p99 us", "of baseline", "goal"], (("nginx", "batched", "strict", "ssh", "tunnel", "tunnel-strict") as $t |
			baseline($t) as $b | (if $b then ratio($t; $b; '"$c"'; "exchange"; "rps") else null end) as $q |
			[name($t), (figure($t; '"$c"'; "exchange"; "rps") | r(0)), (figure($t; '"$c"'; "exchange"; "p50_us") | r(0)),
			(figure($t; '"$c"'; "exchange"; "p99_us") | r(0)), (if $q then $q | r(2) else "" end),
			(if '"$c"' == 32 and $t == "batched" then goal($q; 0.6; true) elif '"$c"' == 32 and $t == "tunnel" then goal($q; 0.5; true) else "" end)]))
			| @tsv' | table
	done
	[ ! -s "$W/wrk" ] || printf '  (wrk counts %s a second on the same nginx)\n' "$(cat "$W/wrk")"
fi
if grep -q '"mode":"streams"' "$W/runs"; then
	for c in 1 100; do
		printf '\nStreams, %s at a time, a token each 20 ms: how long each token was on its way.\n' "$c"
		printf 'Held: how many later tokens the model had sent by then; added: since the one that brought it was sent\n'
		query '(["", "added p50 us", "added p99 us", "held p50", "held p99", "of baseline", "goal"],
			(("nginx", "batched", "strict", "ssh", "tunnel", "tunnel-strict") as $t | baseline($t) as $b |
			(if $b then ratio($t; $b; '"$c"'; "streams"; "p50_us") else null end) as $q |
			[name($t), (figure($t; '"$c"'; "streams"; "p50_us") | r(0)), (figure($t; '"$c"'; "streams"; "p99_us") | r(0)),
			(figure($t; '"$c"'; "streams"; "held_p50") | r(0)), (figure($t; '"$c"'; "streams"; "held_p99") | r(0)),
			(if $q then $q | r(2) else "" end),
			(if $t == "batched" then goal($q; 3; false) else "" end)])) | @tsv' | table
	done
fi
if [ -e "$W/setup" ]; then
	printf '\nBulk: bytes on one channel; then events of a stream as fast as they come, which the agent masks and records\n'
	query '(["", "MB/s", "text MB/s", "of baseline", "goal"], (ratio("bare"; "ssh-bare"; 1; "bulk"; "mb_s") as $q |
		([name("ssh-bare"), (figure("ssh-bare"; 1; "bulk"; "mb_s") | r(0))],
		[name("bare"), (figure("bare"; 1; "bulk"; "mb_s") | r(0)), "", ($q | r(2)), goal($q; 0.5; true)])), (("nginx", "batched", "ssh", "tunnel") as $t |
		baseline($t) as $b | [name($t), (figure($t; 1; "flood"; "mb_s") | r(0)), (figure($t; 1; "flood"; "text_mb_s") | r(1)),
		(if $b then ratio($t; $b; 1; "flood"; "mb_s") | r(2) else "" end)])) | @tsv' | table
	printf '\nSetting up\n'
	jq -rs --arg names "$NAMES" "$LIBRARY"' .[0] | (["", "ms"], ["ssh, with its process", (.ssh | median | r(0))], ["phigate tunnel, login", (.bare | median | r(0))],
		["phigate ls, all of it", (.ls | median | r(0))]) | @tsv' "$W/setup" | table
fi
if [ -e "$W/memory" ]; then
	printf '\nMemory\n'
	jq -rs "$LIBRARY"' .[0] | (["", "KiB", "goal"], ["agent, just started", (.fresh | r(0)), goal(.fresh; 65536; false)],
		["agent, after all that", (.idle | r(0)), goal(.idle; 65536; false)], ["one idle connection", (.connection | r(1)), goal(.connection; 100; false)],
		["one SSH connection: agent", ([.agent, 0] | max | r(0))], ["one SSH connection: sshd", (.sshd | r(0))], ["phigate connect", (.client | r(0))]) | @tsv' \
		"$W/memory" | table
fi
if [ -e "$W/mask" ]; then
	printf '\nMasking, one thread: clinical prose, whole and token by token (about four bytes each)\n'
	jq -rs "$LIBRARY"' .[0] | (["", "", "goal"], ["whole texts, MB/s", (.text_mb_s | r(0)), goal(.text_mb_s; 50; true)],
		["tokens, MB/s", (.token_mb_s | r(0)), "", ((.token_us | r(2)) + " us each")], ["answer of 1 KiB, us", (.answer_us | r(1))],
		["with 10,000 words of a site, MB/s", (.words_mb_s | r(0)), goal(.words_mb_s; .text_mb_s / 2 | floor; true)],
		["with a pattern of a site, MB/s", (.pattern_mb_s | r(0))],
		["engine starts, ms", (.start_ms | r(1)), goal(.start_ms; 300; false)],
		["dictionary, ms", (.dictionary_ms | r(1)), goal(.dictionary_ms; 50; false)],
		["an open stream, bytes", (.stream_bytes | r(0)), goal(.stream_bytes; 16384; false)]) | @tsv' "$W/mask" | table
	printf '\nHow long masking holds a token back: what comes meanwhile\n'
	jq -rs "$LIBRARY"' .[0] | (["", "p50", "p99", "most", "goal"], (.held_tokens | ["tokens", .[], goal(.[0]; 2; false), goal(.[1]; 12; false)]),
		(.held_bytes | ["bytes", .[]])) | @tsv' "$W/mask" | table
	printf '\nHostile input: one piece again and again, time of prose of the same size (goal: at most 4)\n'
	jq -rs "$LIBRARY"' .[0].hostile | sort_by(-.ratio)[] | [.what, (.ratio | r(2)), if .ratio > 4 then "MISSED" else "" end] | @tsv' \
		"$W/mask" | table
fi
if [ -s "$W/search" ]; then
	printf '\nphigate sessions, of 100,000\n'
	jq -rs --arg names "$NAMES" "$LIBRARY"'(["asked for", "found", "ms", "CPU ms", "goal"], (.[] | [.what, .found, (.ms | r(1)), (.cpu_ms | r(1)), goal(.ms; 100; false)]))
		| @tsv' "$W/search" | table
fi
if [ -e "$W/ledger" ]; then
	printf '\nThe ledger: a million leaves, 4096 to a checkpoint; then one leaf with a checkpoint of its own\n'
	jq -rs "$LIBRARY"' .[0] | (["", "", "goal"], ["a million leaves, s", (.seconds | r(1)), goal(.seconds; 60; false)],
		["one leaf, ms", (.one_ms | r(2)), "", "in an empty ledger " + (.first_ms | r(2))], ["opening it, ms", (.open_ms | r(2)), goal(.open_ms; 100; false)]) | @tsv' \
		"$W/ledger" | table
fi
if [ -e "$W/evidence" ]; then
	printf '\nA recording of 1 GiB, and stock tools on the same bytes\n'
	jq -rs "$LIBRARY"' .[0] | .mib as $m | (["", "MB/s", "of baseline", "goal"],
		["sha256sum, tar, sync", ($m / .tar_s | r(0))], ["sealing it", ($m / .seal_s | r(0)), (.tar_s / .seal_s | r(2))],
		["sha256sum", ($m / .sha256sum_s | r(0))],
		["phigate verify", ($m / .verify_s | r(0)), (.sha256sum_s / .verify_s | r(2)), goal(.sha256sum_s / .verify_s; 0.5; true)],
		["age -d", (.sealed.mib / .sealed.age_s | r(0))],
		["phigate verify, encrypted", (.sealed.mib / .sealed.verify_s | r(0)), (.sealed.age_s / .sealed.verify_s | r(2))],
		["", "ms", "of baseline"], ["tar -xO of the last segment", (.tar_seek_ms | r(1))],
		["an exchange near the end", (.seek_ms | r(1)), (.seek_ms / .tar_seek_ms | r(3))],
		["", "KiB", "of baseline", "goal"], ["phigate verify of 16 MiB", (.small_kib | r(0))],
		["phigate verify of 1 GiB", (.verify_kib | r(0)), (.verify_kib / .small_kib | r(2)), goal(.verify_kib / .small_kib; 2; false)]) | @tsv' \
		"$W/evidence" | table
	printf '\nWhat recording adds to an exchange with an answer of 1 KiB, and what it leaves\n'
	jq -rs "$LIBRARY"' .[0].exchange | (["batched, us of processor", (.batched_us | r(1))], ["strict, us: the disk, twice", (.strict_us | r(0))],
		["in the bundle, KiB", (.kib | r(2))]) | @tsv' "$W/evidence" | table
fi
if [ -e "$W/sizes" ]; then
	printf '\nA bundle beside the bodies of the answers that it tells of\n'
	jq -rs "$LIBRARY"' (["", "answers KiB", "bundle KiB", "of answers"], (.[] | [.what, (.answers / 1024 | r(0)), (.bundle / 1024 | r(0)),
		(.bundle / .answers | r(2))])) | @tsv' "$W/sizes" | table
fi
