# bash completion for phigate; made by: phigate completion bash
_phigate_files() {
	local IFS=$'\n'
	compopt -o filenames 2> /dev/null
	COMPREPLY=($(compgen -f -- "$1"))
}
_phigate_profiles() { COMPREPLY=($(compgen -W "$(ls ${XDG_CONFIG_HOME:-~/.config}/phigate/profiles /etc/phigate/profiles 2> /dev/null | sed -n "s/\.yaml\$//p")" -- "$1")); }
_phigate() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=
	if [ "$COMP_CWORD" = 1 ]; then
		words="login logout whoami ls connect exec holds show approve deny cancel sessions bundle evidence review revoke replay verify export mask doctor completion version --help --version"
	else case $command in
	login) words="--no-browser --token-file --json --profile --help" ;;
	logout) words="--profile --help" ;;
	whoami) words="--json --profile --help" ;;
	ls) words="--json --profile --help" ;;
	connect) words="--port --reason --purpose --emergency --json --profile --help" ;;
	exec) words="--reason --purpose --emergency --profile --help" ;;
	holds) words="--all --watch --json --profile --help" ;;
	show) words="--json --profile --help" ;;
	approve) words="--reason --profile --help" ;;
	deny) words="--reason --profile --help" ;;
	cancel) words="--profile --help" ;;
	sessions) words="--user --connection --model --rule --entity --since --until --state --held --denied --emergency --reviewed --unreviewed --json --profile --help" ;;
	bundle) words="--part -o --profile --help" ;;
	evidence) words="--from --to -o --bundles --agent --allowed-signers --identity --ledger --tsa-ca --profile --help" ;;
	review) words="--finding --save --allowed-signers --json --profile --help" ;;
	revoke) words="--profile --help" ;;
	replay) words="--speed --max-pause --exchange --at --allowed-signers --identity --originals --ledger --tsa-ca --force --json --html -o --profile --help"; [[ $word == -* ]] || { _phigate_files "$word"; return; } ;;
	verify) words="--allowed-signers --identity --ledger --witness --witness-quorum --receipts --tsa-ca --json --profile --help"; [[ $word == -* ]] || { _phigate_files "$word"; return; } ;;
	export) words="--format -o --allowed-signers --identity --force --profile --help"; [[ $word == -* ]] || { _phigate_files "$word"; return; } ;;
	mask) words="--policy --spans --explain --json --jsonl --profile --help" ;;
	doctor) words="--json --profile --help" ;;
	completion) words="--profile --help"; words="bash zsh fish" ;;
	version) words="--profile --help" ;;
	esac; fi
	case $command:$before in
	login:--token-file) _phigate_files "$word"; return ;;
	login:--profile) _phigate_profiles "$word"; return ;;
	logout:--profile) _phigate_profiles "$word"; return ;;
	whoami:--profile) _phigate_profiles "$word"; return ;;
	ls:--profile) _phigate_profiles "$word"; return ;;
	connect:--port) COMPREPLY=(); return ;;
	connect:--reason) COMPREPLY=(); return ;;
	connect:--purpose) COMPREPLY=(); return ;;
	connect:--profile) _phigate_profiles "$word"; return ;;
	exec:--reason) COMPREPLY=(); return ;;
	exec:--purpose) COMPREPLY=(); return ;;
	exec:--profile) _phigate_profiles "$word"; return ;;
	holds:--profile) _phigate_profiles "$word"; return ;;
	show:--profile) _phigate_profiles "$word"; return ;;
	approve:--reason) COMPREPLY=(); return ;;
	approve:--profile) _phigate_profiles "$word"; return ;;
	deny:--reason) COMPREPLY=(); return ;;
	deny:--profile) _phigate_profiles "$word"; return ;;
	cancel:--profile) _phigate_profiles "$word"; return ;;
	sessions:--user) COMPREPLY=(); return ;;
	sessions:--connection) COMPREPLY=(); return ;;
	sessions:--model) COMPREPLY=(); return ;;
	sessions:--rule) COMPREPLY=(); return ;;
	sessions:--entity) COMPREPLY=(); return ;;
	sessions:--since) COMPREPLY=(); return ;;
	sessions:--until) COMPREPLY=(); return ;;
	sessions:--state) COMPREPLY=(); return ;;
	sessions:--profile) _phigate_profiles "$word"; return ;;
	bundle:--part) COMPREPLY=(); return ;;
	bundle:-o) _phigate_files "$word"; return ;;
	bundle:--profile) _phigate_profiles "$word"; return ;;
	evidence:--from) COMPREPLY=(); return ;;
	evidence:--to) COMPREPLY=(); return ;;
	evidence:-o) _phigate_files "$word"; return ;;
	evidence:--agent) COMPREPLY=(); return ;;
	evidence:--allowed-signers) _phigate_files "$word"; return ;;
	evidence:--identity) _phigate_files "$word"; return ;;
	evidence:--ledger) _phigate_files "$word"; return ;;
	evidence:--tsa-ca) _phigate_files "$word"; return ;;
	evidence:--profile) _phigate_profiles "$word"; return ;;
	review:--finding) COMPREPLY=(); return ;;
	review:--save) COMPREPLY=(); return ;;
	review:--allowed-signers) _phigate_files "$word"; return ;;
	review:--profile) _phigate_profiles "$word"; return ;;
	revoke:--profile) _phigate_profiles "$word"; return ;;
	replay:--speed) COMPREPLY=(); return ;;
	replay:--max-pause) COMPREPLY=(); return ;;
	replay:--exchange) COMPREPLY=(); return ;;
	replay:--at) COMPREPLY=(); return ;;
	replay:--allowed-signers) _phigate_files "$word"; return ;;
	replay:--identity) _phigate_files "$word"; return ;;
	replay:--ledger) _phigate_files "$word"; return ;;
	replay:--tsa-ca) _phigate_files "$word"; return ;;
	replay:-o) _phigate_files "$word"; return ;;
	replay:--profile) _phigate_profiles "$word"; return ;;
	verify:--allowed-signers) _phigate_files "$word"; return ;;
	verify:--identity) _phigate_files "$word"; return ;;
	verify:--ledger) _phigate_files "$word"; return ;;
	verify:--witness) COMPREPLY=(); return ;;
	verify:--witness-quorum) COMPREPLY=(); return ;;
	verify:--receipts) _phigate_files "$word"; return ;;
	verify:--tsa-ca) _phigate_files "$word"; return ;;
	verify:--profile) _phigate_profiles "$word"; return ;;
	export:--format) COMPREPLY=(); return ;;
	export:-o) _phigate_files "$word"; return ;;
	export:--allowed-signers) _phigate_files "$word"; return ;;
	export:--identity) _phigate_files "$word"; return ;;
	export:--profile) _phigate_profiles "$word"; return ;;
	mask:--policy) _phigate_files "$word"; return ;;
	mask:--profile) _phigate_profiles "$word"; return ;;
	doctor:--profile) _phigate_profiles "$word"; return ;;
	completion:--profile) _phigate_profiles "$word"; return ;;
	version:--profile) _phigate_profiles "$word"; return ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _phigate phigate
