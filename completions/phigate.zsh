#compdef phigate
# zsh completion for phigate; made by: phigate completion zsh
_phigate_profiles() { compadd -- $(ls ${XDG_CONFIG_HOME:-~/.config}/phigate/profiles /etc/phigate/profiles 2> /dev/null | sed -n "s/\.yaml\$//p") }
local -a commands
commands=(
	'login:sign in with your organisation'\''s provider'
	'logout:forget the sign-in, here and at the provider'
	'whoami:show who you are signed in as'
	'ls:list the connections that agents offer'
	'connect:open a local port for a model'
	'exec:run a command with a model at hand'
	'holds:list requests that wait for a decision'
	'show:show what a held request asks'
	'approve:let a held request through'
	'deny:refuse a held request'
	'cancel:take back a held request of your own'
	'sessions:list sessions and their bundles'
	'bundle:fetch the signed evidence of a session'
	'evidence:gather what an agent can show of a period, as one signed file'
	'review:show the reviews of a session, or add one'
	'revoke:end a session at once'
	'replay:see a recorded session again, at its own pace, after verifying it'
	'verify:check a session'\''s bundle, or an evidence pack\: who signed it, and that nothing was changed, added or left out'
	'export:write a session for other systems, after verifying it'
	'mask:mask standard input with the agent'\''s engine, offline'
	'doctor:check configuration, clock, provider, sign-in and agents'
	'completion:print completions for a shell'
	'version:print the version'
)
if (( CURRENT == 2 )); then
	_describe command commands
	return
fi
local name=$words[2]
shift words
(( CURRENT-- ))
case $name in
	login)
		_arguments \
			'--no-browser[only show where to sign in]' \
			'--token-file[a program'\''s sign-in\: its token stands in this file, and is read anew each time]:FILE:_files' \
			'--json[events as JSON objects, one a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	logout)
		_arguments \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	whoami)
		_arguments \
			'--json[one JSON object]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	ls)
		_arguments \
			'--json[one JSON object a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	connect)
		_arguments \
			'--port[the local port; else as client.yaml says, or any that is free]:N:' \
			'--reason[why, for the record]:TEXT:' \
			'--purpose[what the data is used for\: TREAT, HPAYMT, HOPERAT or HRESCH]:CODE:' \
			'--emergency[pass what would be held, told at once and reviewed later; needs --reason]' \
			'--json[one JSON event a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	exec)
		_arguments \
			'--reason[why, for the record]:TEXT:' \
			'--purpose[what the data is used for\: TREAT, HPAYMT, HOPERAT or HRESCH]:CODE:' \
			'--emergency[pass what would be held, told at once and reviewed later; needs --reason]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	holds)
		_arguments \
			'--all[also those that are decided, used or expired]' \
			'--watch[go on, and show each change as it happens]' \
			'--json[one JSON object a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	show)
		_arguments \
			'--json[as one JSON object]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	approve)
		_arguments \
			'--reason[why, for the record]:TEXT:' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	deny)
		_arguments \
			'--reason[why, for the requester and the record; needed]:TEXT:' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	cancel)
		_arguments \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	sessions)
		_arguments \
			'--user[only this person'\''s (for auditors)]:USER:' \
			'--connection[only those of this connection]:NAME:' \
			'--model[only those that asked this model]:NAME:' \
			'--rule[only those in which this rule denied, held or cut something]:NAME:' \
			'--entity[only those in whose answers it was masked, N times or more]:ENTITY[:N]:' \
			'--since[only those opened since then\: 2026-01-31T08\:15\:00Z, or 24h]:TIME:' \
			'--until[only those opened before then]:TIME:' \
			'--state[only those that are open, or closed]:STATE:' \
			'--held[only those with a request that waited for approval]' \
			'--denied[only those with a request that a rule or a person denied]' \
			'--emergency[only emergency access]' \
			'--reviewed[only those that somebody has reviewed]' \
			'--unreviewed[only those that nobody has reviewed]' \
			'--json[one JSON object a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	bundle)
		_arguments \
			'--part[this part of a session that has several; else the last]:N:' \
			'-o[where to; - for standard output; else SESSION.tar here]:FILE:_files' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	evidence)
		_arguments \
			'--from[when the period begins\: a day, 2026-01-31T08\:15\:00Z, or how long ago, 90d]:TIME:' \
			'--to[when it ends, a day with all of it; else now]:TIME:' \
			'-o[where to; else evidence.tar here]:FILE:_files' \
			'--bundles[put the bundles into the pack, too]' \
			'--agent[whose evidence, when client.yaml has several agents]:NAME:' \
			'--allowed-signers[whose signatures are believed]:FILE:_files' \
			'--identity[age key that opens encrypted segments, so that records are checked, too]:FILE:_files' \
			'--ledger[the agent'\''s ledger key, as a vkey]:FILE:_files' \
			'--tsa-ca[certificates (PEM) of the time-stamp authorities that are believed]:FILE:_files' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	review)
		_arguments \
			'--finding[what you found; the agent signs it, with who and when]:TEXT:' \
			'--save[write the records and their signatures there, for ssh-keygen]:DIR:' \
			'--allowed-signers[whose signatures are believed]:FILE:_files' \
			'--json[one JSON object a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	revoke)
		_arguments \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	replay)
		_arguments \
			'--speed[times as fast as it was; 0\: without waiting, as always when the output is no terminal (1)]:X:' \
			'--max-pause[cut longer pauses to S seconds; 0\: without waiting (3)]:S:' \
			'--exchange[only this exchange]:N:' \
			'--at[from then on\: so long after its beginning (90s, 5m), at a time of its day in UTC (21\:08\:20), or RFC 3339]:TIME:' \
			'--allowed-signers[whose signatures are believed\: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them]:FILE:_files' \
			'--identity[age key that opens encrypted segments, as age-keygen writes it]:FILE:_files' \
			'--originals[show the unmasked text in place of the masked, where it was kept; --identity has a key of recording.originals]' \
			'--ledger[the agent'\''s ledger key, as for verify]:FILE:_files' \
			'--tsa-ca[certificates of time-stamp authorities, as for verify]:FILE:_files' \
			'--force[play what can be read of a bundle that does not verify]' \
			'--json[one JSON object for each record, without waiting]' \
			'--html[write it as one page for a browser, with each check'\''s result; it needs nothing else and runs nothing]' \
			'-o[where to, with --html; - for standard output; else SESSION.html here]:FILE:_files' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' \
			'*:file:_files' ;;
	verify)
		_arguments \
			'--allowed-signers[whose signatures are believed\: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them]:FILE:_files' \
			'--identity[age key that opens encrypted segments, as age-keygen writes it]:FILE:_files' \
			'--ledger[the agent'\''s ledger key, as a vkey\: the bundle must have its proof that the session'\''s end is in the ledger]:FILE:_files' \
			'--witness[the key of a witness, or a file of such keys\: it must have seen the ledger with the session'\''s end]:VKEY…:' \
			'--witness-quorum[so many of the witnesses are enough]:N:' \
			'--receipts[receipts of this user'\''s sessions\: each session that they tell of must be among the bundles]:FILE:_files' \
			'--tsa-ca[certificates (PEM) of the time-stamp authorities that are believed\: the bundle must have a stamp of one]:FILE:_files' \
			'--json[one JSON object\: the verdict, and each check with its result]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' \
			'*:file:_files' ;;
	export)
		_arguments \
			'--format[fhir, ocsf, ecs, cef or otlp\: what happened, without any text; har\: requests and answers themselves]:FORMAT:' \
			'-o[where to; else standard output]:FILE:_files' \
			'--allowed-signers[whose signatures are believed\: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them]:FILE:_files' \
			'--identity[age key that opens encrypted segments, as age-keygen writes it]:FILE:_files' \
			'--force[export what can be read of a bundle that does not verify]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' \
			'*:file:_files' ;;
	mask)
		_arguments \
			'--policy[mask as the mask\: section of this policy says]:FILE:_files' \
			'--spans[print where identifiers are, as JSON, in place of the text]' \
			'--explain[print what was masked and why, in place of the text]' \
			'--json[with --explain\: one object for each piece that was masked]' \
			'--jsonl[each line is a text of its own\: {"text"\:…}]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	doctor)
		_arguments \
			'--json[one JSON object a line]' \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
	completion)
		_arguments \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' \
			'1:shell:(bash zsh fish)' ;;
	version)
		_arguments \
			'--profile[another organisation'\''s configuration and sign-in\: profiles/NAME.yaml]:NAME:_phigate_profiles' \
			'--help[show how it is used]' ;;
esac
