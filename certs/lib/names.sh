# Names as the operator writes them, in the form that openssl reads.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# An RFC 2253 name (most significant part last, \ and "" escape) -> openssl's -subj form (first, / separates).
# Sets subject; what begins with / is openssl's form already.
parse_subject() {
	local text=$1 rdn='' type='' value='' spaces='' quoted='' c i
	local no_control='--subject: control characters do not belong into a name'
	[[ $text != *[[:cntrl:]]* ]] || usage_error "$no_control"
	subject=$text
	[[ $text == /* ]] && return
	subject=''
	for ((i = 0; i <= ${#text}; i++)); do
		c=${text:i:1}
		if [ "$c" = \\ ]; then
			if [[ ${text:i+1:2} =~ ^[0-9A-Fa-f]{2}$ ]]; then
				[[ ${text:i+1:2} =~ ^([01].|7[fF])$ ]] && usage_error "$no_control"
				printf -v c '%b' "\\x${text:i+1:2}"; i=$((i + 2))
			else
				c=${text:i+1:1}; i=$((i + 1))
				[ -n "$c" ] || usage_error "--subject $text: ends with a lonely \\"
			fi
		elif [ "$c" = \" ]; then
			[ -n "$quoted" ] && quoted='' || quoted=yes
			value+=$spaces spaces=''
			continue
		elif [ -z "$quoted" ]; then
			case $c in
				' ') [ -z "$value" ] || spaces+=' '; continue ;;
				=) [ -n "$type" ] || { type=$value value='' spaces=''; continue; } ;;
				'#') [ -n "$value" ] || usage_error "--subject $text: values in hexadecimal (#...) are not read here" ;;
				, | ';' | + | '')
					{ [ -n "$type" ] && [ -n "$value" ]; } ||
						usage_error "--subject $text: write parts as TYPE=value with commas between, and a comma or plus inside a value as \\, or \\+"
					[ -z "$rdn" ] || rdn+=+
					rdn+=$(attribute_type "$type")=$value
					type='' value='' spaces=''
					[ "$c" = + ] || { subject=/$rdn$subject; rdn=''; }
					continue ;;
			esac
		fi
		[[ $c == [/+\\] ]] && c=\\$c
		value+=$spaces$c spaces=''
	done
	[ -z "$quoted" ] || usage_error "--subject $text: a quotation mark is not closed"
}

# openssl knows these types in one spelling only.
attribute_type() {
	case ${1^^} in
		CN | OU | O | C | L | ST | DC | UID) printf %s "${1^^}" ;;
		E | EMAIL | EMAILADDRESS) printf emailAddress ;;
		*) printf %s "$1" ;;
	esac
}

# Checks each --san and writes it as lines of an openssl section, with everything special there escaped.
san_lines() {
	local san kind value number=0
	for san in "${sans[@]}"; do
		kind=${san%%:*} value=${san#*:}
		[[ $san == *:* && -n $value && $value != *[[:cntrl:]]* ]] ||
			usage_error "--san $san: write it as KIND:VALUE, as in email:dan@example.org"
		case ${kind,,} in
			dns) kind=DNS; [[ $value =~ ^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$ ]] ;;
			ip) kind=IP; [[ $value =~ ^[0-9A-Fa-f.:]+$ ]] ;;
			email) kind=email; [[ $value =~ ^[!-~]+@[!-~]+$ ]] ;;
			uri) kind=URI; [[ $value =~ ^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$ ]] ;;
			upn) kind=otherName; value="1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:$value" ;;
			*) usage_error "--san $san: DNS, email, IP, URI and UPN are the kinds known here" ;;
		esac || usage_error "--san $san: that is no $kind name"
		number=$((number + 1))
		# shellcheck disable=SC2001 # as a parameter expansion nobody could read it
		printf '%s.%d = %s\n' "$kind" "$number" "$(sed 's/["'\''`\\$#]/\\&/g' <<<"$value")"
	done
}

# Checks each --permit and writes it as the value of a nameConstraints extension (RFC 5280 4.2.1.10).
permit_line() {
	local permit kind value line=critical
	for permit in "${permits[@]}"; do
		kind=${permit%%:*} value=${permit#*:}
		[[ $permit == *:* ]] || usage_error "--permit $permit: write it as DNS:acme.example or email:acme.example"
		case ${kind,,} in
			dns) kind=DNS; [[ $value =~ ^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$ ]] ;;
			email) kind=email; [[ $value =~ ^([A-Za-z0-9._+-]+@)?\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$ ]] ;;
			*) usage_error "--permit $permit: DNS and email are the kinds known here" ;;
		esac || usage_error "--permit $permit: that is no domain${value:+ of the kind $kind}"
		line+=",permitted;$kind:$value"
	done
	printf '%s\n' "nameConstraints = $line"
}
