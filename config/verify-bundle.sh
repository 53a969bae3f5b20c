#!/bin/sh
# Verifies a bundle without phigate: GNU tar and coreutils, ssh-keygen, iconv and awk do all of the work.
#   verify-bundle.sh [-i AGE_IDENTITY] [-l LEDGER_KEYS] [-w WITNESS_KEYS [-q N]] [-t TSA_CA] BUNDLE ALLOWED_SIGNERS NAME@phigate [TIME]
# -i: a key of age(1), for recordings that are encrypted; without it all else is checked.
# -l: keys of the agent's ledger, one a line, as `phigate-agent keys` prints them; the bundle must have a proof that leads to one.
# -w: keys of witnesses, one a line, as their operators publish them; each name there must have cosigned the ledger's state, or N of them (-q).
# -t: certificates (PEM) of the time-stamp authorities that you believe; the bundle must have a stamp of one.
# Stamps, proofs and cosignatures need openssl(1); stamps and proofs are looked at also without -t and -l: then they prove less.
# TIME (YYYYMMDD[HHMM[SS]][Z]): when it was signed, as you know from elsewhere; for a key that has expired since.
# It makes the checks of `phigate verify`, in that order, and says the same: exit 0 verified, 5 not, at the first check that fails. It needs
# room for a copy of the bundle in $TMPDIR.
set -eu
usage() { echo "usage: $0 [-i AGE_IDENTITY] [-l LEDGER_KEYS] [-w WITNESS_KEYS [-q N]] [-t TSA_CA] BUNDLE ALLOWED_SIGNERS NAME@phigate [TIME]" >&2; exit 2; }
age='' ledger='' tsa='' witnesses='' quorum=''
while getopts i:l:q:t:w: option; do
	case $option in
	i) age=$OPTARG ;;
	l) ledger=$OPTARG ;;
	q) quorum=$OPTARG ;;
	t) tsa=$OPTARG ;;
	w) witnesses=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 3 ] || [ $# = 4 ] || usage
case $quorum in *[!0-9]* | 0*) usage ;; ?*) [ -n "$witnesses" ] || usage ;; esac
export LC_ALL=C TZ=UTC
umask 077
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }
bundle=$(absolute "$1") signers=$(absolute "$2") identity=$3 at=${4:-}
age=${age:+$(absolute "$age")} ledger=${ledger:+$(absolute "$ledger")} tsa=${tsa:+$(absolute "$tsa")}
witnesses=${witnesses:+$(absolute "$witnesses")}
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/files" "$work/lines" "$work/plain"
cd "$work"

check=archive
bad() { printf 'NOT VERIFIED: %s: %s\n' "$check" "$1"; exit 5; }
good() { printf '%-10s %s\n' "$check" "$1"; }
skip() { printf '%-10s skipped: %s\n' "$check" "$1"; }
[ -f "$bundle" ] && [ -r "$bundle" ] || bad "there is no such file"
[ -r "$signers" ] || bad "there is no file of signers"

# ---- JSON for awk: read(TEXT) calls found(PATH, VALUE) for each member that is no object or array; PATH is like /"agent"/"name" ----
json='
function json_bad() { failed = 1; exit 1 }
function space() { if (S ~ /^[ \t\r]/) sub(/^[ \t\r]+/, "", S) }
function token(n,   t) { t = substr(S, 1, n); S = substr(S, n + 1); return t }
function string() {
	if (!match(S, /^"([^"\\]|\\["\\\/bfnrt]|\\u[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f])*"/)) json_bad()
	return token(RLENGTH)
}
function value(path, depth,   c, n, key) {
	space()
	c = substr(S, 1, 1)
	if (depth > 64) json_bad()
	if (c == "\"") found(path, string())
	else if (c == "{" || c == "[") {
		found(path, token(1)); space()
		if (substr(S, 1, 1) == (c == "{" ? "}" : "]")) { token(1); return }
		for (n = 0; ; n++) {
			key = n
			if (c == "{") { space(); key = string(); space(); if (token(1) != ":") json_bad() }
			value(depth < 4 ? path "/" key : path, depth + 1); space()
			key = token(1)
			if (key == (c == "{" ? "}" : "]")) return
			if (key != ",") json_bad()
		}
	}
	else if (match(S, /^(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null)/)) found(path, token(RLENGTH))
	else json_bad()
}
function read(text) { S = text; value("", 1); space(); if (S != "") json_bad() }
'

# ---- archive and members: plain files, known names, in order, nothing hidden in or between headers or behind the end ----
tar -tvf - --numeric-owner < "$bundle" > list 2> tar.err || bad "tar cannot read it"
size=$(wc -c < "$bundle")
check=$(awk -v size="$size" '
function rank(name,   n) {
	n = index(" SHA256SUMS SHA256SUMS.sig SHA256SUMS.tsr session.tlog-proof session.json policy.yaml index.jsonl ", " " name " ")
	if (n) return n
	if (name ~ /^seg-[0-9][0-9][0-9][0-9][0-9][0-9]\.jsonl(\.age)?$/ && name !~ /-000000/) { segments++; return 1000 substr(name, 5, 6) }
	if (name ~ /^orig-[0-9][0-9][0-9][0-9][0-9][0-9]\.jsonl\.age$/ && name !~ /-000000/) { original[++originals] = substr(name, 6, 6); return 2000 substr(name, 6, 6) }
	return 0
}
function fail(check) { print check; failed = 1; exit 1 }
NF != 6 || $1 != "-rw-r--r--" || $2 != "0/0" || $6 !~ /^[A-Za-z0-9][A-Za-z0-9.-]*$/ || length($6) > 99 { fail("archive") }
{ total += 512 + int(($3 + 511) / 512) * 512; place = rank($6) + 0; seen[$6] = 1; print $6 > "names" }
place <= last + 0 { fail("members") }
{ last = place }
($6 ~ /^SHA256SUMS$/ && $3 > 33554432) || ($6 ~ /sig$/ && $3 > 8192) || ($6 ~ /(tsr|tlog-proof)$/ && $3 > 262144) { fail("members") }
($6 ~ /^session.json$/ && $3 > 2097152) || ($6 ~ /yaml$/ && $3 > 67108864) || segments > 200000 || originals > 200000 { fail("members") }
END {
	if (failed) exit 1
	if (total + 1024 != size + 0) fail("archive")
	needed = "SHA256SUMS SHA256SUMS.sig session.json policy.yaml index.jsonl"
	for (i = split(needed, need, " "); i; i--) if (!seen[need[i]]) fail("members")
	for (i = 1; i <= originals; i++)
		if (!seen["seg-" original[i] ".jsonl"] && !seen["seg-" original[i] ".jsonl.age"]) fail("members")
}' list) || bad "it is not made of the members that a bundle has"
check=archive
tar -xf - -C files --no-same-owner --no-same-permissions < "$bundle" 2> tar.err || bad "tar cannot read it"
cd files
tar -cf - -b 1 --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --no-recursion -T ../names | cmp -s - "$bundle" ||
	bad "its headers are not the plain ones, or something stands between its members"
good "plain tar, nothing in it or behind it that a reader could see otherwise"
check=members
good "$(wc -l < ../names) files with the names of a bundle, in order, and nothing else"

# ---- session.json ----
check=session
! tr -d '\n' < session.json | grep -q '[[:cntrl:]]' && iconv -f UTF-8 -t UTF-8 session.json > ../session.utf8 2> ../iconv.err ||
	bad "session.json is no text"
tr '\n' ' ' < session.json | awk "$json"'
function found(path, v) { if (path in seen || v ~ /\\u0000/) json_bad(); seen[path] = 1; print path "\t" v }
{ read($0) }
END { exit failed }' > ../session || bad "session.json is no JSON"
awk -F '\t' '
{ v[$1] = $2 }
function is(path, form) { if (!((path in v) && v[path] ~ form)) { print path; exit 1 } }
END {
	text = "^\".*\"$"; count = "^(0|[1-9][0-9]*)$"; plain = "^\"[A-Za-z0-9._-]+\"$"
	sum = "^\""; for (i = 0; i < 64; i++) sum = sum "[0-9a-f]"; sum = sum "\"$"
	time = "^\"[0-9][0-9][0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
	time = time "(\\.[0-9][0-9][0-9][0-9][0-9][0-9])?Z\"$"
	n = split("user client dialect agent policy counts counts/masked", o, " ")
	for (i = 1; i <= n; i++) { gsub("/", "\"/\"", o[i]); is("/\"" o[i] "\"", "^[{]$") }
	is("/\"user\"/\"groups\"", "^\\[$"); is("/\"recipients\"", "^\\[$"); is("/\"format\"", "^1$")
	n = split("user/id user/subject user/issuer client/address connection dialect/name policy/name", t, " ")
	for (i = 1; i <= n; i++) { gsub("/", "\"/\"", t[i]); is("/\"" t[i] "\"", text) }
	n = split("part client/port counts/exchanges counts/records counts/held counts/approved counts/denied", c, " ")
	for (i = 1; i <= n; i++) { gsub("/", "\"/\"", c[i]); is("/\"" c[i] "\"", count) }
	is("/\"id\"", plain); is("/\"agent\"/\"name\"", plain); is("/\"reason\"", "^(\".*\"|null)$")
	is("/\"opened\"", time); is("/\"closed\"", time)
	is("/\"dialect\"/\"sha256\"", sum); is("/\"policy\"/\"sha256\"", sum); is("/\"head\"", sum)
	is("/\"end\"", "^\"(client|idle|max_duration|expired|revoked|stop|crash|rotated)\"$")
	is("/\"part\"", "^[1-9]"); is("/\"previous\"", v["/\"part\""] == "1" ? "^null$" : "^null$|" sum)
}' ../session > ../wrong || bad "session.json: $(cat ../wrong) is missing or wrong"
about='id part agent/name agent/signing_key policy/sha256 head counts/exchanges counts/records opened closed ledger ledger/vkey'
awk -F '\t' -v about="$about" '
{ v[$1] = $2 }
END { for (i = 1; i <= split(about, names, " "); i++) { gsub("/", "\"/\"", names[i]); print v["/\"" names[i] "\""] } }' ../session > ../about
{
	read -r id; read -r part; read -r agent; read -r signing_key; read -r policy; read -r head; read -r said_exchanges; read -r said_records
	read -r opened; read -r closed; read -r named; read -r vkey
} < ../about
[ "$agent" = "\"${identity%@phigate}\"" ] && [ "$identity" != "${identity%@phigate}" ] || bad "it is of agent $agent, not of $identity"
good "$id, part $part, recorded by agent $agent"

# ---- time stamp: an authority has seen the signature; looked at now, as it tells when a key that has expired was used ----
# when it was signed at the latest, as somebody says who is believed: the earliest of them
proven=''
proves() { [ -n "$proven" ] && [ "$proven" -le "$1" ] || proven=$1; }
closed_s=$(date -u -d "$(echo "$closed" | tr -d '"')" +%s)
utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
stamp_bad='' stamp_skip='the bundle has no time stamp' stamp_good=''
look_at_stamp() {
	stamp_skip=''
	openssl ts -reply -in SHA256SUMS.tsr -text > ../stamp 2> ../openssl.err || { stamp_bad="this is no reply of a time-stamp authority"; return; }
	grep -Eqx 'Status: Granted( with modifications)?\.' ../stamp || { stamp_bad="the authority granted no time stamp"; return; }
	seconds=$(date -u -d "$(sed -n 's/^Time stamp: //p' ../stamp)" +%s) || { stamp_bad="the time stamp has no time"; return; }
	grep -qx 'Hash Algorithm: sha256' ../stamp &&
		[ "$(sed -n '/^Message data:/,/^Serial/s/^ *[0-9a-f]* - \([0-9a-f -]\{47\}\) .*/\1/p' ../stamp | tr -d ' \n-')" = \
			"$(sha256sum < SHA256SUMS.sig | cut -c-64)" ] || { stamp_bad="it is over something else than this signature"; return; }
	[ "$seconds" -ge $((closed_s - 300)) ] || { stamp_bad="it is from before the end of the session"; return; }
	when=$(utc "$seconds")
	if [ -z "$tsa" ]; then stamp_skip="somebody dates the signature with $when; no authority is known (-t)"
	elif openssl ts -verify -data SHA256SUMS.sig -in SHA256SUMS.tsr -CAfile "$tsa" -attime "$seconds" > ../openssl.err 2>&1; then
		stamp_good="an authority has seen the signature at $when"
		proves "$seconds"
	else stamp_bad="no authority that is believed made it"
	fi
}
if [ -e SHA256SUMS.tsr ]; then look_at_stamp; elif [ -n "$tsa" ]; then stamp_bad=$stamp_skip; fi

# ---- the ledger's proof and who cosigned its checkpoint; looked at now, as a witness's time tells when a key that has expired was used ----
hex() { od -An -v -tx1 | tr -d ' \n'; }
unhex() { tr a-f A-F | basenc -d --base16; }
# read_key VKEY KIND: into name, mark, public (NAME+MARK+BASE64(KIND | public key))
read_key() {
	name=${1%%+*} public=${1#*+}
	mark=${public%%+*} && public=$(printf '%s' "${public#*+}" | base64 -d 2> ../base64.err | hex)
	[ "${#public}" = 66 ] && [ "${public#"$2"}" != "$public" ] &&
		[ "$({ printf '%s\n' "$name"; printf '%s' "$public" | unhex; } | sha256sum | cut -c-8)" = "$mark" ]
}
# signature FILE: what that key has put under the checkpoint
signature() {
	while read -r _ who blob; do
		[ "$who" = "$name" ] && [ "$(printf '%s' "$blob" | base64 -d | hex | cut -c-8)" = "$mark" ] || continue
		printf '%s' "$blob" | base64 -d | tail -c +5 > "$1"
		return 0
	done < ../note.sigs
	return 1
}
# holds TEXT SIGNATURE: by that key
holds() {
	printf '302a300506032b6570032100%s' "${public#??}" | unhex > ../public.der
	openssl pkeyutl -verify -pubin -keyform DER -inkey ../public.der -rawin -in "$1" -sigfile "$2" > ../openssl.err 2>&1
}
proof_bad=''
if [ -e session.tlog-proof ]; then
	: > ../hashes
	awk '
	function fail() { failed = 1; exit 1 }
	NR == 1 { if ($0 != "c2sp.org/tlog-proof@v1") fail(); next }
	NR == 2 && /^extra / { next }
	!at && /^index (0|[1-9][0-9]*)$/ && length($2) <= 18 { at = 1; print $2 > "../leaf"; next }
	at == 1 && $0 == "" { at = 2; next }
	at == 1 && /^[A-Za-z0-9+\/]*=$/ && length($0) == 44 { print > "../hashes"; next }
	at == 2 && $0 == "" { at = 3; next }
	at == 2 { if (++n == 2 && !/^(0|[1-9][0-9]*)$/ || n == 2 && length($0) > 18) fail(); print > "../note"; next }
	at == 3 && /^\342\200\224 [^ ]+ [A-Za-z0-9+\/]+=*$/ { signed = 1; print > "../note.sigs"; next }
	{ fail() }
	END { exit failed || !signed || n < 3 }' session.tlog-proof && [ -z "$(tail -c 1 session.tlog-proof)" ] ||
		proof_bad="it is no proof of a ledger"
fi
witness_bad='' witness_good='' witness_n=0
# C2SP tlog-cosignature, v1: eight bytes of time, then the signature over two lines and the checkpoint's text
look_at_cosignatures() {
	[ -e session.tlog-proof ] && [ -z "$proof_bad" ] || { witness_bad="the bundle has no proof that a witness could have seen"; return; }
	: > ../witnessed
	while read -r key; do
		read_key "$key" 04 || { witness_bad="this is no key of a witness: $key"; return; }
		signature ../cosignature || continue
		seconds=$(head -c 8 ../cosignature | hex)
		case $seconds in [0-7]???????????????) seconds=$((0x$seconds)) ;; *) witness_bad="the cosignature of $name is wrong"; return ;; esac
		tail -c +9 ../cosignature > ../cosignature.sig
		{ printf 'cosignature/v1\ntime %d\n' "$seconds"; cat ../note; } > ../cosigned
		holds ../cosigned ../cosignature.sig || { witness_bad="the cosignature of $name is wrong"; return; }
		[ "$seconds" -ge $((closed_s - 300)) ] || { witness_bad="$name says a time before the end of the session"; return; }
		echo "$name $seconds" >> ../witnessed
	done < ../witnesses
	sed 's/+.*//' ../witnesses | sort -u > ../witness.names
	while read -r name; do
		seconds=$(awk -v name="$name" '$1 == name { print $2 }' ../witnessed | sort -n | sed -n 1p)
		if [ -n "$seconds" ]; then
			witness_n=$((witness_n + 1)) witness_good="${witness_good:+$witness_good; }$name has seen the ledger with it at $(utc "$seconds")"
		else lacking=$name; fi
	done < ../witness.names
	[ "$witness_n" -ge "${quorum:-$(wc -l < ../witness.names)}" ] || { witness_bad="${lacking:-nobody else} has not cosigned the checkpoint"; return; }
	proves "$(cut -d ' ' -f 2 ../witnessed | sort -n | sed -n 1p)"
}
if [ -n "$witnesses" ]; then
	if grep -v -e '^#' -e '^$' "$witnesses" > ../witnesses; then look_at_cosignatures; else witness_bad="the file of -w has no key"; fi
fi
at=${at:-${proven:+$(date -u -d "@$proven" +%Y%m%d%H%M%SZ)}}

# ---- signature: an Ed25519 key of the signers made it, over SHA256SUMS, for this purpose ----
check=signature
[ "$(sed -n 1p SHA256SUMS.sig)" = "-----BEGIN SSH SIGNATURE-----" ] && [ "$(tail -n 1 SHA256SUMS.sig)" = "-----END SSH SIGNATURE-----" ] &&
	sed '1d;$d' SHA256SUMS.sig | tr -d '\n' | base64 -d > ../blob 2> ../base64.err || bad "SHA256SUMS.sig is no SSH signature"
case $(od -An -v -tx1 ../blob | tr -d ' \n') in
5353485349470000000100000033'0000000b7373682d65643235353139'*) ;;
*) bad "it is not made by an Ed25519 key" ;;
esac
key="ssh-ed25519 $(tail -c +15 ../blob | head -c 51 | base64 -w 0)"
case $signing_key in '' | "\"$key\"") ;; *) bad "session.json names another key than the one that signed" ;; esac
signed() { ssh-keygen -Y verify -f "$signers" -I "$identity" -n phigate-bundle-v1 -s SHA256SUMS.sig "$@" < SHA256SUMS > ../signed 2>&1; }
if ! signed ${at:+-Overify-time="$at"}; then
	signed -Overify-time="$(echo "$closed" | tr -dc 0-9 | cut -c-14)Z" &&
		bad "its key was valid then and is not now; what proves that it signed before? (-t, -w, TIME)"
	bad "$(tail -n 1 ../signed)"
fi
good "$(tail -n 1 ../signed)"

# ---- sums: every member from session.json on, sorted, and no other ----
check=sums
[ -z "$(tail -c 1 SHA256SUMS)" ] && ! grep -Evq '^[0-9a-f]{64}  [A-Za-z0-9.-]+$' SHA256SUMS || bad "SHA256SUMS has another form"
cut -c67- SHA256SUMS > ../summed
grep -Ev '^(SHA256SUMS.*|session\.tlog-proof)$' ../names | sort | cmp -s - ../summed || bad "SHA256SUMS has other members than the bundle"
sha256sum --strict --quiet -c SHA256SUMS > ../sums.err 2>&1 || bad "$(sed -n 1p ../sums.err)"
good "all files are as SHA256SUMS says"
check=policy
[ "\"$(sha256sum < policy.yaml | cut -c-64)\"" = "$policy" ] || bad "policy.yaml is not the one that session.json names"
good "policy.yaml is the one that session.json names"

# ---- chain: one form for each line, and each names the SHA-256 of the one before ----
# line_sums [bare]: the SHA-256 of each line of the input, with its LF or without; a few thousand small files at a time
line_sums() {
	split -l 4096 -a 6 -d - ../lines/chunk.
	for chunk in ../lines/chunk.*; do
		[ -e "$chunk" ] || continue
		split -l 1 -a 4 -d "$chunk" ../lines/line.
		[ $# = 0 ] || truncate -s -1 ../lines/line.*
		sha256sum ../lines/line.*
		rm ../lines/line.* "$chunk"
	done | cut -c-64
}
check=chain
n='(0|[1-9][0-9]*)' hex='[0-9a-f]{64}' kinds='open|request|response|hold|decision|cut|gap|renew|recovered|close'
t='[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z'
form="\\{\"v\":1,\"seq\":$n,\"prev\":\"$hex\",\"t\":\"$t\",\"mono\":$n,\"k\":\"($kinds)\",\"x\":$n,\"seg\":$n,\"off\":$n,\"len\":$n,\"c\":\"$hex\",\"f\":\"$hex\"\\}"
[ -s index.jsonl ] && [ -z "$(tail -c 1 index.jsonl)" ] && ! grep -aEvqx "$form" index.jsonl || bad "a line of index.jsonl has another form"
line_sums < index.jsonl > ../links
# seq prev time mono kind exchange segment off len c f
awk -F '"' '{ gsub(/[:,}]/, "", $0); print $5, $8, $12, $15, $18, $21, $23, $25, $27, $30, $34 }' index.jsonl > ../index
{ printf '%064d\n' 0; sed '$d' ../links; } | awk '{ print NR - 1, $1 }' > ../expected
cut -d ' ' -f 1,2 ../index | cmp -s - ../expected || bad "a line of index.jsonl does not follow the one before"
good "$(wc -l < ../index) index lines, each bound to the one before"
check=head
[ "\"$(tail -n 1 ../links)\"" = "$head" ] || bad "session.json does not name the last index line"
good "session.json names the last index line"

# ---- segments: each the file that its index lines name ----
check=segments
awk '
FILENAME ~ /SHA256SUMS$/ { sum[$2] = $1; next }
function stored(n) { n = sprintf("seg-%06d.jsonl", n); return n in sum ? n : n ".age" }
$7 < segment || !(stored($7) in sum) || sum[stored($7)] != $11 { exit 1 }
{ segment = $7 }' SHA256SUMS ../index || bad "a record is in another segment than its index line names"
good "$(grep -c '^seg-' ../names) segment files, each the one that its index lines name"

# ---- records: each as the index says, nothing between them, none left out ----
check=records
grep '^seg-' ../names > ../segments || bad "there are none"
: > ../texts
while read -r name; do
	text=$name
	case $name in *.age)
		[ -n "$age" ] || continue
		text=../plain/${name%.age}
		age -d -i "$age" -o "$text" "$name" 2> ../age.err || bad "$name does not open with this key: $(sed -n 1p ../age.err)"
	esac
	[ -z "$(tail -c 1 "$text")" ] || bad "$name does not end with a line's end"
	echo "$text" >> ../texts
done < ../segments
texts() { xargs -r cat < ../texts; }
! texts | tr -d '\n' | grep -aq '[[:cntrl:]]' && texts | iconv -f UTF-8 -t UTF-8 > ../utf8 2> ../iconv.err || bad "a record is no text"
texts | line_sums bare > ../sums
# segment off len c kind fact
: > ../orphans
awk "$json"'
function found(path, v) {
	if (path == "/\"status\"") status = v ~ /^[0-9][0-9][0-9]$/ ? v + 0 : 0
	else if (path == "/\"chunks\"" && v == "[") chunks = 1
	else if (path == "/\"end\"") end = v == "true"
	else if (path == "/\"outcome\"") outcome = v
	else if (path == "/\"original\"") original = v
	if (kind == "recovered" && path ~ /^\/"orphans"\/[0-9]+\/"(name|sha256)"$/) print v > "../orphans"
}
function record(line,   fact, body) {
	if (line !~ /^[{]"salt":"[A-Za-z0-9+\/]*==","k":"[a-z]+","body":[{]/ || substr(line, 31, 4) !~ /^[AQgw]=="$/) json_bad()
	kind = substr(line, 41); kind = substr(kind, 1, index(kind, "\"") - 1)
	body = substr(line, 41 + length(kind) + 9)
	status = chunks = end = 0; outcome = "\"\""; original = ""
	if (substr(body, length(body)) != "}") json_bad()
	read(substr(body, 1, length(body) - 1))
	fact = "-"
	if (kind == "response") {
		if (status && !chunks) fact = status < 400 ? "answer" : "error"
		else fact = !chunks || status ? "bad" : end ? "end" : "chunks"
	} else if (kind == "decision") fact = outcome ~ /^"(denied|deny|refused|expired|cancelled)"$/ ? "refuse" : "allow"
	return fact
}
{
	file = $0
	match(file, /[0-9][0-9][0-9][0-9][0-9][0-9]\.jsonl$/)
	number = substr(file, RSTART, 6) + 0
	off = 0
	while ((getline line < file) > 0) {
		fact = record(line)
		getline sum < "../sums"
		print number, off, length(line), sum, kind, fact
		if (original != "") print number, original > "../named"
		off += length(line) + 1
	}
	close(file)
	print number > "../opened"
}
END { exit failed }' ../texts > ../found || bad "something in a segment is no record"
: >> ../opened
tr -d '"' < ../orphans | paste -d ' ' - - > ../left
awk -v story=../story '
FILENAME ~ /SHA256SUMS$/ { sum[$2] = $1; next }
function stored(n) { n = sprintf("seg-%06d.jsonl", n); return n in sum ? n : n ".age" }
FILENAME ~ /left$/ { if (sum[$1] == $2 || sum[$2] == $1) left[$1] = left[$2] = 1; next }
FILENAME ~ /opened$/ { open[$1] = 1; next }
FILENAME ~ /index$/ {
	if (($7 == segment && $8 != off) || ($7 > segment && $8 != 0)) exit 1
	segment = $7; off = $8 + $9 + 1
	if (!($7 in open)) { print $0, $5 == "response" ? "sealed" : $5 == "decision" ? "allow" : "-" > story; next }
	said[$7, $8] = $9 " " $10 " " $5; line[$7, $8] = $0; wanted++
	next
}
{
	if (!(($1, $2) in said)) { if (!left[stored($1)]) exit 1; next }
	if (said[$1, $2] != $3 " " $4 " " $5) exit 1
	print line[$1, $2], $6 > story
	had++
}
END { if (wanted != had) exit 1 }' SHA256SUMS ../left ../opened ../index ../found || bad "records and index do not fit"
sort -n -k 1,1 -o ../story ../story
sealed=$(($(wc -l < ../segments) - $(wc -l < ../opened)))
# what records were before masking, one file for each segment, in the order of the records that name them
: >> ../named
tr -d '"' < ../named > ../wanted
cut -d ' ' -f 1 ../wanted | uniq | while read -r number; do
	[ -e "$(printf 'orig-%06d.jsonl.age' "$number")" ] || bad "a record names an original, and its segment has none"
done || exit 5
originals=0 locked=0
for name in orig-*.age; do
	[ -e "$name" ] || continue
	number=$(echo "$name" | sed 's/^orig-0*//; s/[.].*//')
	if [ -z "$age" ]; then locked=$((locked + 1)); continue; fi
	if ! age -d -i "$age" -o "../plain/${name%.age}" "$name" 2> ../age.err; then
		grep -q 'no identity matched' ../age.err || bad "$name does not open: $(sed -n 1p ../age.err)"
		locked=$((locked + 1)); continue
	fi
	grep -qx "$number" ../opened || continue
	[ -z "$(tail -c 1 "../plain/${name%.age}")" ] || bad "$name does not end with a line's end"
	line_sums bare < "../plain/${name%.age}" > ../sums
	awk -v number="$number" '$1 == number { print $2 }' ../wanted | cmp -s - ../sums || bad "$name has not the originals that the records name"
	originals=$((originals + $(wc -l < ../sums)))
done
more=''
[ $originals = 0 ] || more="; $originals originals, each the one that its record names"
[ $locked = 0 ] || more="; of $locked segments the originals are encrypted, and there is no key for them"
if [ $sealed = 0 ]; then
	good "$(wc -l < ../index) records, each as the index says$more"
else
	skip "$sealed of $(wc -l < ../segments) segments are encrypted, and there is no key for them (-i)"
fi

# ---- story: from open to close, time goes on, and each exchange is asked, held and decided before it is answered ----
check=story
awk -v part="$part" '
BEGIN {
	split("asked hold held|asked allow allowed|asked refuse refused|asked answer answering|asked error answering|asked cut refused|" \
	      "held hold held|held allow allowed|held refuse refused|held error answering|held cut refused|" \
	      "allowed hold held|allowed allow allowed|allowed refuse refused|allowed answer answering|allowed error answering|allowed cut refused|" \
	      "refused refuse refused|refused error answering|refused cut refused|" \
	      "answering allow answering|answering refuse answering|answering chunks answering|answering end answered|answering cut over|" \
	      "answered cut over|over cut over|" \
	      "carried hold held|carried allow carried|carried refuse carried|carried answer answering|carried error answering|" \
	      "carried chunks answering|carried end answered|carried cut over", rows, "|")
	for (i in rows) { split(rows[i], row, " "); edge[row[1], row[2]] = row[3] }
}
function wrong(why) { print "record " $1 ": " why; failed = 1; exit 1 }
closed { wrong("something follows the end of the session") }
($5 == "open") != (NR == 1) { wrong("open is the first record and no other") }
NR > 1 && $5 !~ /^(gap|recovered|close)$/ && ($4 + 0 < mono + 0 || $3 < time) { wrong("time goes back") }
{ mono = $4; time = $3; closed = $5 == "close" }
$5 ~ /^(open|renew|recovered|close)$/ { if ($6) wrong($5 " belongs to no exchange"); next }
$5 == "gap" { next }
!$6 { wrong("a " $5 " of no exchange") }
{
	step = $12 == "-" ? $5 : $12
	if (!($6 in stage)) {
		if (step == "request") { stage[$6] = "asked"; next }
		stage[$6] = part > 1 ? "carried" : "none"
	}
	if (step == "sealed" && stage[$6] != "none") next
	if (!((stage[$6], step) in edge)) wrong("this " $5 " cannot come here in exchange " $6)
	stage[$6] = edge[stage[$6], step]
}
END {
	if (failed) exit 1
	if (!closed) { print "the session has no end on record"; exit 1 }
}' ../story > ../wrong || bad "$(cat ../wrong)"
exchanges=$(cut -d ' ' -f 6 ../index | grep -vxF 0 | sort -u | wc -l)
good "$exchanges exchanges, from open to close"
check=counts
[ "$said_records $said_exchanges" = "$(wc -l < ../index) $exchanges" ] || bad "session.json counts otherwise"
[ "$(printf '%s\n' "$opened" "$closed" | tr -d '":')" = "$(sed -n '1p;$p' ../index | cut -d ' ' -f 3)" ] ||
	bad "session.json says another time than the index for open or close"
good "$(wc -l < ../index) records and $exchanges exchanges, opened and closed when session.json says"
# ---- ledger: C2SP tlog-proof leads from the close leaf to a checkpoint that the ledger's key has signed (RFC 9162, 2.1.3.2) ----
check=ledger
node() { { printf '\001'; printf '%s%s' "$1" "$2" | unhex; } | sha256sum | cut -c-64; }
# signed_by KEY: has it signed the checkpoint?
signed_by() {
	read_key "$1" 01 || bad "this is no key of a ledger: $1"
	[ "$name" = "$origin" ] || return 1
	signature ../note.sig || return 1
	holds ../note ../note.sig || bad "the signature of the checkpoint is wrong"
}
if [ ! -e session.tlog-proof ]; then
	[ -z "$ledger" ] && [ "$named" != '{' ] || bad "the bundle has no proof that the ledger knows of it"
	skip "the bundle has no proof that a ledger knows of it"
else
	[ -z "$proof_bad" ] || bad "$proof_bad"
	origin=$(sed -n 1p ../note)
	[ "\"$origin\"" = "\"phigate/$(printf '%s' "$agent" | tr -d '"')\"" ] || bad "the proof is from ledger $origin, which is not that of agent $agent"
	if [ -n "$ledger" ]; then grep -v -e '^#' -e '^$' "$ledger" > ../keys || bad "the file of -l has no key"
	else printf '%s\n' "$vkey" | tr -d '"' > ../keys; fi
	by=''
	while read -r key; do signed_by "$key" && by=$key && break; done < ../keys
	[ -n "$by" ] || bad "the checkpoint is signed by another key"
	index=$(cat ../leaf) size=$(sed -n 2p ../note)
	hash=$({ printf '\000'; printf 'phigate-close-v1\n%s\n%s\n%s\n%s\n%d\n' "$(echo "$id" | tr -d '"')" "$part" "$(sha256sum < SHA256SUMS | cut -c-64)" \
		"$(echo "$head" | tr -d '"')" "$(wc -l < ../index)"; } | sha256sum | cut -c-64)
	[ "$index" -lt "$size" ] || bad "it is not in the ledger where the proof says"
	place=$index last=$((size - 1))
	while read -r sibling; do
		[ $last -gt 0 ] || bad "it is not in the ledger where the proof says"
		sibling=$(printf '%s' "$sibling" | base64 -d | hex)
		if [ $((place % 2)) = 1 ] || [ $place = $last ]; then
			hash=$(node "$sibling" "$hash")
			while [ $place != 0 ] && [ $((place % 2)) = 0 ]; do place=$((place / 2)) last=$((last / 2)); done
		else
			hash=$(node "$hash" "$sibling")
		fi
		place=$((place / 2)) last=$((last / 2))
	done < ../hashes
	[ $last = 0 ] && [ "$hash" = "$(sed -n 3p ../note | base64 -d | hex)" ] || bad "it is not in the ledger where the proof says"
	said="the session's end is leaf $index of $size in $origin"
	if [ -n "$ledger" ]; then good "$said"; else skip "$said by the key that the bundle names (-l)"; fi
fi

check=witness
[ -z "$witness_bad" ] || bad "$witness_bad"
if [ -n "$witness_good" ]; then good "$witness_good"; else skip "no witness's key is known (-w)"; fi
check=timestamp
[ -z "$stamp_bad" ] || bad "$stamp_bad"
if [ -n "$stamp_skip" ]; then skip "$stamp_skip"; else good "$stamp_good"; fi
echo "verified: signed by $identity"
