"""What files use of the standard library, {fmt} and GoogleTest against what they include of the headers below, which
builds that compile several files as one do not tell.

The names are those that the project uses; another one goes beside its neighbours when it is first used.
"""
import re

# By header, as a regular expression after "std::", or as a whole where it begins with "^".
NAMES = {
    "algorithm": "(any|all|none)_of|(adjacent_)?find(_if|_if_not|_first_of)?|(stable_|partial_)?sort|is_sorted|(max|min|minmax)(_element)?|clamp|"
                 "copy(_n|_if|_backward)?|move_backward|fill(_n)?|generate(_n)?|count(_if)?|reverse|rotate|remove(_if)?|replace(_if)?|"
                 "transform|equal(_range)?|(lower|upper)_bound|binary_search|for_each(_n)?|unique|(stable_)?partition|mismatch|"
                 "swap_ranges|search|nth_element|(push|pop|make|sort)_heap|lexicographical_compare|includes|merge|shuffle|sample|"
                 "set_\\w+|partition_point|iter_swap",
    "array": "array|to_array",
    "atomic": "atomic\\w*|memory_order\\w*",
    "bit": "bit_(cast|ceil|floor|width)|count[lr]_\\w+|popcount|has_single_bit|rot[lr]|endian",
    "cctype": "is(alnum|alpha|digit|space|xdigit|print|upper|lower)|to(lower|upper)",
    "chrono": "chrono(_literals)?",
    "condition_variable": "condition_variable\\w*",
    "deque": "deque",
    "filesystem": "filesystem",
    "fstream": "[io]?fstream",
    "functional": "function|less\\w*|greater\\w*|equal_to|hash|plus|minus|multiplies|c?ref|reference_wrapper|not_fn|invoke|bind\\w*",
    "iterator": "(back_|front_)?inserter|next|prev|distance|advance|make_move_iterator|s?size|reverse_iterator|\\w+buf_iterator|\\w+_iterator_tag",
    "limits": "numeric_limits",
    "map": "(multi)?map",
    "memory": "(unique|shared|weak)_ptr|make_(unique|shared)|allocator\\w*|enable_shared_from_this|(un)?initialized_\\w+|align|addressof|"
              "destroy\\w*|construct_at|assume_aligned|to_address",
    "mutex": "mutex|recursive_mutex|lock_guard|unique_lock|scoped_lock|once_flag|call_once",
    "numeric": "accumulate|iota|reduce|gcd|lcm|partial_sum|inner_product|(in|ex)clusive_scan|transform_reduce",
    "optional": "(make_)?optional|nullopt",
    "random": "mt19937\\w*|random_device|\\w+_distribution",
    "set": "(multi)?set",
    "span": "span",
    "sstream": "[io]?stringstream",
    "string": "string|to_string|getline|sto(i|l|ul|ll|ull|d|f)",
    "string_view": "string_view(_literals)?",
    "thread": "thread|this_thread|jthread",
    "tuple": "tuple\\w*|tie|make_tuple|apply|forward_as_tuple",
    "unordered_map": "unordered_(multi)?map",
    "unordered_set": "unordered_(multi)?set",
    "utility": "move|pair|exchange|swap|forward|make_pair|in_place\\w*|as_const|declval|(make_)?(integer|index)_sequence\\w*|"
               "piecewise_construct|unreachable|cmp_\\w+|in_range",
    "variant": "variant\\w*|visit|get_if|monostate|holds_alternative",
    "vector": "vector",
    "fmt/format.h": "^\\bfmt::",
    "gtest/gtest.h": "^\\b(TEST|TEST_F|TEST_P|EXPECT_\\w+|ASSERT_\\w+|testing::|ADD_FAILURE|FAIL|RUN_ALL_TESTS)",
}


def pattern(names):
    if names.startswith("^"):
        return re.compile(names[1:])
    return re.compile(rf"std::(?:ranges::)?(?:{names})\b")


PATTERNS = {header: pattern(names) for header, names in NAMES.items()}


def uses(code):
    """Line numbers of first uses, by header. code: lines without comments."""
    found = {}
    for header, names in PATTERNS.items():
        for number, line in enumerate(code, 1):
            if names.search(line):
                found[header] = number
                break
    return found


def check(included, given_by_others, code):
    """Yields (line, rule, message). included: the line numbers of what is included, by header. given_by_others: what the project's
    own headers include, which the file reads."""
    used = uses(code)
    for header, number in included.items():
        if header in PATTERNS and header not in used:
            yield number, "include-unused", f"nothing is used that scripts/standard_headers.py knows of <{header}>"
    for header, number in used.items():
        if header not in included and header not in given_by_others:
            yield number, "include-missing", f"<{header}> is not included, nor by a header of the project that is"
