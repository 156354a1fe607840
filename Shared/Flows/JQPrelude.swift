/// Definitions laid over jq's own, by which they are bounded.
///
/// libjq compiles `a + b` into a call of `_plus`, found by name like any other function, so the body of `_plus` itself must
/// not use `+`; assignments it compiles into `_assign` and `_modify`. `input` is the count of rounds: it answers whether a
/// value has to be looked at, and fails when there were too many (see `JQCount`). A value that is nested too deeply would
/// overflow the stack when it is freed: between two looks it grows by no more than a round can nest it.
///
/// A value that holds another twice is small in memory and doubles what has to be gone through: thirty such steps make one
/// that libjq would compare or write out for hours, without looking whether it was halted. So whatever puts values into
/// others has them weighed (`__sized`), by `debug`, which is the scales: after `[0, value]` `input` answers whether it is
/// small, after `[1, value]` it fails for what is too heavy. What grows by something small alone is not weighed. The scan
/// weighs the lists and objects that an expression writes; functions of jq that make them of what an expression gives, and
/// would use their own `map`, are here again.
enum JQPrelude {
    static let text = """
        def __inputs: input;
        def __deep: [limit(1; path(..) | select(length > 200))] | length > 0;
        def __tick: __inputs as $n | if $n then (if __deep then error("a value is nested too deeply") else . end) else
            . end;
        def __ask($question): [$question, .] | debug | __inputs;
        def __small: __ask(0);
        def __sized: . as $value | __ask(1) | $value;
        def __touch: . as $value | __ask(2) | $value;
        def __settle: . as $value | __ask(3) | $value;
        def __grown($by): if $by | __small then . else __sized end;
        def map(f): [.[] | f] | __sized;
        def with_entries(f): to_entries | map(f) | from_entries;
        def sort_by(f): _sort_by_impl(map([f]));
        def group_by(f): _group_by_impl(map([f]));
        def unique_by(f): [group_by(f)[] | .[0]];
        def min_by(f): _min_by_impl(map([f]));
        def max_by(f): _max_by_impl(map([f]));
        def recurse(f): def r: ., (f | __tick | r); r;
        def recurse(f; cond): def r: ., (f | select(cond) | __tick | r); r;
        def while(cond; update): def r: if cond then ., (update | __tick | r) else empty end; r;
        def until(cond; update): def r: if cond then . else (update | __tick | r) end; r;
        def __path: if type == "array" and (length > 200 or any(.[]; type == "number" and . > 100000)) then
            error("a path leads too far") else . end;
        def __setpath($p; $v): setpath($p; $v);
        def setpath($p; $v): __setpath($p | __path; $v) | __grown($v);
        def _assign(paths; $value): reduce path(paths) as $p (.; __tick | __setpath($p | __path; $value)) |
            __grown($value);
        def _modify(paths; update): reduce path(paths) as $p (.; __tick | label $out |
            (__setpath($p | __path; getpath($p) | update | __touch) | ., break $out), delpaths([$p])) | __settle;
        def map_values(f): .[] |= f;
        def __implode: implode;
        def implode: if type == "array" and all(.[]; type == "number" and . >= 0 and . <= 1114111 and
            (. < 55296 or . > 57343)) then __implode else error("implode needs code points") end;
        def __range($a; $b): range($a; $b);
        def __plus($a; $b): $a + $b;
        def __minus($a; $b): $a - $b;
        def __contains($b): contains($b);
        def __times($a; $b): $a * $b;
        def __bounded: if . > 10000 or . < -10000 then error("range is limited to 10000 numbers") else . end;
        def range($a; $b): (($b - $a) | __bounded) as $n | __range($a; $b);
        def range($n): range(0; $n);
        def range($a; $b; $by): if $by == 0 then error("range needs a step") else
            (($b - $a) / $by | __bounded) as $n | __range(0; $n | ceil) | $a + . * $by end;
        def __strftime($f): strftime($f);
        def strftime($f): if type == "number" and (. > 1e11 or . < -1e11) then error("date is out of range") else
            __strftime($f) end;
        def __whole: if type == "string" and .[19:20] == "." and endswith("Z") then .[0:19] | . + "Z" else . end;
        def __strptime($f): strptime($f);
        def strptime($f): (if $f | endswith("%SZ") then __whole else . end) | __strptime($f);
        def fromdateiso8601: (if type == "string" and length == 10 then . + "T00:00:00Z" else __whole end) |
            __strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
        def fromdate: fromdateiso8601;
        def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
        def todateiso8601: todate;
        def __crowd($b): type == "array" and ($b | type) == "array" and __times(length; $b | length) > 1000000;
        def contains($b): if __crowd($b) then error("lists are too long to compare") else __contains($b) end;
        def inside($b): . as $a | $b | contains($a);
        def __indices($b): indices($b);
        def indices($b): if $b == "" or __crowd($b) or type == "string" and ($b | type) == "string" and
            __times(length; $b | length) > 10000000 then error("indices of nothing or of too much") else __indices($b) end;
        def index($b): indices($b) | .[0];
        def rindex($b): indices($b) | .[-1:][0];
        def _minus($a; $b): if ($a | __crowd($b)) then error("lists are too long to compare") else
            __minus($a; $b) end;
        def __size: type as $t | if $t == "string" or $t == "array" then length else 0 end;
        def __joined($a; $b): if (type == "array" or type == "object") and ($a | __small | not) then __grown($b) else . end;
        def _plus($a; $b): if __plus($a | __size; $b | __size) > 1000000 then error("value is too long") else
            __plus($a; $b) | __joined($a; $b) end;
        def join($x): reduce .[] as $i (null; (if . == null then "" else . + $x end) +
            ($i | if . == null then "" elif type == "boolean" or type == "number" then tojson else . end)) // "";
        def __repeated($s; $n): ($s | type) == "string" and ($n | type) == "number" and
            __times($s | utf8bytelength; $n) > 1000000;
        def _multiply($a; $b): if __repeated($a; $b) or __repeated($b; $a) then error("value is too long") else
            __times($a; $b) | __joined($a; $b) end;
        def walk(f): . as $in | if type == "object" then
            reduce keys[] as $key ({}; __setpath([$key]; $in[$key] | walk(f))) | __sized | f
            elif type == "array" then map(walk(f)) | f else f end;
        def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] |= $row);
        def INDEX(f): INDEX(.[]; f);

        """
}
