namespace BitcoinSock.Field.Faults;

/// <summary>One operation, one of its calls, one code: tried at many calls.</summary>
internal sealed class Row
{
    public static readonly string Heading =
        $"{"operation", -24} {"call", -13} {"error", -10} {"outcome", -21} at the n-th call";

    private readonly Subject _subject;
    private readonly Errno _errno;
    private readonly SortedSet<string> _outcomes = [];
    private readonly List<string> _wrong = [];
    private int _injected;

    public Row(Subject subject, Errno errno)
    {
        (_subject, _errno) = (subject, errno);
        foreach (string when in subject.Whens)
        {
            var injection = new Injection(subject.Call, errno, when);
            try
            {
                Judge(injection, subject.Run(injection));
            }
            catch (Exception failed) // a count below zero, for instance: a row is never missing
            {
                _wrong.Add($"at {when}: {failed.Message}");
            }
        }
    }

    public bool IsOk => _wrong.Count == 0;

    public override string ToString()
    {
        string outcome = string.Join(" or ", _outcomes);
        string tried = $"{string.Join(' ', _subject.Whens)}: {_injected} injected";
        string verdict = IsOk ? "ok" : $"FAILED\n      {string.Join("\n      ", _wrong)}";
        return $"{_subject.Operation, -24} {_subject.Call, -13} {_errno.Name, -10} "
            + $"{outcome, -21} {tried}: {verdict}";
    }

    private void Judge(Injection injection, Seen seen)
    {
        _injected += seen.Injected;
        _outcomes.Add(seen.Outcome);
        if (seen.Wrong is not null)
        {
            _wrong.Add($"at {injection.When}: {seen.Wrong}");
        }

        // What was not failed proves nothing.
        if (injection.Repeats ? seen.Injected < 1 : seen.Injected != 1)
        {
            _wrong.Add($"at {injection.When}: {seen.Injected} calls were failed");
        }
    }
}
