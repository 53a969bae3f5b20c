# bash completion for phigate; made by: phigate completion bash
_phigate_files() {
	local IFS=$'\n'
	compopt -o filenames 2> /dev/null
	COMPREPLY=($(compgen -f -- "$1"))
}
_phigate() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=
	if [ "$COMP_CWORD" = 1 ]; then
		words="login logout whoami ls connect exec holds show approve deny cancel sessions bundle review revoke replay verify export mask doctor completion version --help --version"
	else case $command in
	login) words="--no-browser --token-file --json --help" ;;
	logout) words="--help" ;;
	whoami) words="--json --help" ;;
	ls) words="--json --help" ;;
	connect) words="--port --reason --purpose --emergency --json --help" ;;
	exec) words="--reason --purpose --emergency --help" ;;
	holds) words="--all --watch --json --help" ;;
	show) words="--json --help" ;;
	approve) words="--reason --help" ;;
	deny) words="--reason --help" ;;
	cancel) words="--help" ;;
	sessions) words="--user --connection --model --rule --entity --since --until --state --held --denied --emergency --reviewed --unreviewed --json --help" ;;
	bundle) words="--part -o --help" ;;
	review) words="--finding --save --allowed-signers --json --help" ;;
	revoke) words="--help" ;;
	replay) words="--speed --max-pause --exchange --at --allowed-signers --identity --ledger --tsa-ca --force --json --html -o --help"; [[ $word == -* ]] || { _phigate_files "$word"; return; } ;;
	verify) words="--allowed-signers --identity --ledger --tsa-ca --json --help"; [[ $word == -* ]] || { _phigate_files "$word"; return; } ;;
	export) words="--format -o --allowed-signers --identity --force --help"; [[ $word == -* ]] || { _phigate_files "$word"; return; } ;;
	mask) words="--policy --spans --explain --json --jsonl --help" ;;
	doctor) words="--json --help" ;;
	completion) words="--help"; words="bash zsh fish" ;;
	version) words="--help" ;;
	esac; fi
	case $command:$before in
	login:--token-file) _phigate_files "$word"; return ;;
	connect:--port) COMPREPLY=(); return ;;
	connect:--reason) COMPREPLY=(); return ;;
	connect:--purpose) COMPREPLY=(); return ;;
	exec:--reason) COMPREPLY=(); return ;;
	exec:--purpose) COMPREPLY=(); return ;;
	approve:--reason) COMPREPLY=(); return ;;
	deny:--reason) COMPREPLY=(); return ;;
	sessions:--user) COMPREPLY=(); return ;;
	sessions:--connection) COMPREPLY=(); return ;;
	sessions:--model) COMPREPLY=(); return ;;
	sessions:--rule) COMPREPLY=(); return ;;
	sessions:--entity) COMPREPLY=(); return ;;
	sessions:--since) COMPREPLY=(); return ;;
	sessions:--until) COMPREPLY=(); return ;;
	sessions:--state) COMPREPLY=(); return ;;
	bundle:--part) COMPREPLY=(); return ;;
	bundle:-o) _phigate_files "$word"; return ;;
	review:--finding) COMPREPLY=(); return ;;
	review:--save) COMPREPLY=(); return ;;
	review:--allowed-signers) _phigate_files "$word"; return ;;
	replay:--speed) COMPREPLY=(); return ;;
	replay:--max-pause) COMPREPLY=(); return ;;
	replay:--exchange) COMPREPLY=(); return ;;
	replay:--at) COMPREPLY=(); return ;;
	replay:--allowed-signers) _phigate_files "$word"; return ;;
	replay:--identity) _phigate_files "$word"; return ;;
	replay:--ledger) _phigate_files "$word"; return ;;
	replay:--tsa-ca) _phigate_files "$word"; return ;;
	replay:-o) _phigate_files "$word"; return ;;
	verify:--allowed-signers) _phigate_files "$word"; return ;;
	verify:--identity) _phigate_files "$word"; return ;;
	verify:--ledger) _phigate_files "$word"; return ;;
	verify:--tsa-ca) _phigate_files "$word"; return ;;
	export:--format) COMPREPLY=(); return ;;
	export:-o) _phigate_files "$word"; return ;;
	export:--allowed-signers) _phigate_files "$word"; return ;;
	export:--identity) _phigate_files "$word"; return ;;
	mask:--policy) _phigate_files "$word"; return ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _phigate phigate
