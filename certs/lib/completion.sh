# SPDX-License-Identifier: ISC
# Completion for shells, made from the tables of subcommands and options.
# shellcheck shell=bash disable=SC2016,SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

cmd_completion() {
	local shell=${args[0]-}
	one_argument 'bash or zsh'
	case $shell in
		bash) completion_bash ;;
		zsh) completion_zsh ;;
		*) usage_error "$command $shell: bash or zsh is needed" ;;
	esac
}

# What may follow a value's name in the tables: words, or files (-f) and folders (-d).
values_of() {
	case $1 in
		KIND) printf 'rsa:4096 rsa:3072 rsa:2048 ec ec:P-256 ec:P-384 ec:P-521 ed25519' ;;
		PROFILE) printf 'client server both' ;;
		REASON) printf '%s' "$reasons" ;;
		FILE) printf -- '-f' ;;
		DIR) printf -- '-d' ;;
	esac
}

options_of() {
	local row names takers
	for row in "${options[@]}"; do
		IFS='|' read -r names _ takers _ <<<"$row"
		[[ " $takers " != *" $1 "* ]] || printf '%s ' "${names//,/}"
	done
	printf -- '--help'
}

# The word list of a subcommand's argument: files unless it is something else.
arguments_of() {
	case $1 in
		completion) printf 'bash zsh' ;;
		import) printf 'easy-rsa -d' ;;
		help) printf '%s ' "${commands[@]%%|*}" ;;
		init | crl | rollover | passwd | ocsp | list) ;;
		request | p12) ;;
		*) printf -- '-f' ;;
	esac
}

value_cases() {
	local row names value takers words seen=' '
	for row in "${options[@]}"; do
		IFS='|' read -r names value takers _ <<<"$row"
		words=$(values_of "$value")
		[ -n "$value" ] && [[ $seen != *" $names "* ]] || continue
		seen+="$names "
		printf '\t\t%s) words="%s" ;;\n' "$names" "$words"
	done
}

subcommand_cases() {
	local row name
	for row in "${commands[@]}"; do
		name=${row%%|*}
		printf '\t\t\t%s) words="%s" options="%s" ;;\n' "$name" "$(arguments_of "$name")" "$(options_of "$name")"
	done
}

completion_bash() {
	cat <<-END
		# bash completion for ca and peercert-ca, printed by: $self completion bash
		_peercert_ca() {
			local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words='' options=''
			COMPREPLY=()
			if [ "\$COMP_CWORD" -eq 1 ]; then
				mapfile -t COMPREPLY < <(compgen -W "${commands[*]%%|*}" -- "\$current")
				return
			fi
			case \$previous in
		$(value_cases)
			*)
				case \${COMP_WORDS[1]} in
		$(subcommand_cases)
				esac
				[[ \$current != -* ]] || words=\$options ;;
			esac
			case \$words in
				-f) mapfile -t COMPREPLY < <(compgen -f -- "\$current") ;;
				-d) mapfile -t COMPREPLY < <(compgen -d -- "\$current") ;;
				*' -d') mapfile -t COMPREPLY < <(compgen -d -W "\${words% -d}" -- "\$current") ;;
				*) mapfile -t COMPREPLY < <(compgen -W "\$words" -- "\$current") ;;
			esac
		}
		complete -o filenames -F _peercert_ca ca peercert-ca
	END
}

# zsh describes what it offers, so the words of the tables go there too.
completion_zsh() {
	local row name names value takers words
	printf '#compdef ca peercert-ca\n# zsh completion, printed by: %s completion zsh\n' "$self"
	printf '_peercert_ca() {\n\tlocal -a subcommands\n\tsubcommands=(\n'
	for row in "${commands[@]}"; do
		IFS='|' read -r name _ words <<<"$row"
		printf '\t\t%s\n' "$(zsh_quote "$name:${words//:/\\:}")"
	done
	printf '\t)\n\tif (( CURRENT == 2 )); then _describe subcommand subcommands; return; fi\n\tlocal subcommand=$words[2]\n'
	printf '\tshift words\n\t(( CURRENT-- ))\n\tcase $subcommand in\n'
	for name in "${commands[@]%%|*}"; do
		printf '\t%s)\n\t\t_arguments -s' "$name"
		for row in "${options[@]}"; do
			IFS='|' read -r names value takers words <<<"$row"
			[[ " $takers " == *" $name "* ]] || continue
			zsh_option "${names%%,*}" "$value" "$words"
		done
		# A name of the user's own is not completed: with a message for it zsh would not insert an option either.
		words=$(arguments_of "$name")
		printf ' \\\n\t\t\t%s ;;\n' "$(zsh_quote "*:argument:$(zsh_action "${words:-()}")")"
	done
	printf '\tesac\n}\nif [[ $funcstack[1] == _* ]]; then _peercert_ca "$@"; else compdef _peercert_ca ca peercert-ca; fi\n'
}

zsh_quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }
zsh_option() {
	local words=${3//[/\\[}
	words=${words//]/\\]}
	printf ' \\\n\t\t\t%s' "$(zsh_quote "*$1[${words//:/\\:}]${2:+:${2//:/\\:}:$(zsh_action "$(values_of "$2")")}")"
}
zsh_action() {
	case $1 in
		-f) printf _files ;;
		-d) printf '_files -/' ;;
		*' -d') printf '_files -/' ;;
		'') printf ' ' ;;
		'()') printf '()' ;;
		*) printf '(%s)' "${1//:/\\:}" ;;
	esac
}
