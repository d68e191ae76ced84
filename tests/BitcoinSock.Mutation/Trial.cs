namespace BitcoinSock.Mutation;

/// <summary>
/// The tests, in the order in which they are tried on a mutant: of the quick ones those that are
/// named after its file, then the rest of them, which notice most; then the others.
/// </summary>
internal sealed class Trial
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);

    private readonly string[] _quick;
    private readonly string[] _others;
    private readonly Limit _limitOfQuick;
    private readonly Limit _limitOfOthers;

    /// <param name="program">What has the library without a change.</param>
    public Trial(TestProgram program)
    {
        (Ending all, Dictionary<string, TimeSpan> times) = program.RunAll();
        _quick = [.. times.Keys.Where(name => times[name] <= Quick)];
        _others = [.. times.Keys.Where(name => times[name] > Quick)];
        Ending quick = program.Run(Limit.None, _quick);
        _limitOfQuick = LimitAfter(quick);
        _limitOfOthers = LimitAfter(all);
        Console.WriteLine(
            $"{times.Count} tests in {all.Whole.TotalSeconds:F0} s; "
                + $"{_quick.Length} of them, which come first, in {quick.Whole.TotalSeconds:F1} s"
        );
    }

    /// <param name="mutant">What to try; its library lies beside the program.</param>
    /// <param name="program">What to try it by.</param>
    public Verdict Of(Mutant mutant, TestProgram program)
    {
        string nearest = $".{Path.GetFileName(mutant.Path).Split('.')[0]}";
        ILookup<bool, string> quick = _quick.ToLookup(name => name.Contains(nearest));
        Verdict verdict = Of(program, _limitOfQuick, [.. quick[true]]);
        if (verdict == Verdict.Survived)
        {
            verdict = Of(program, _limitOfQuick, [.. quick[false]]);
        }

        return verdict == Verdict.Survived ? Of(program, _limitOfOthers, _others) : verdict;
    }

    // What fails for want of time, on a machine that has others to serve, does not fail twice.
    private static Verdict Of(TestProgram program, Limit limit, string[] tests)
    {
        Verdict verdict = tests.Length == 0 ? Verdict.Survived : program.Run(limit, tests).Verdict;
        return verdict == Verdict.Killed ? program.Run(limit, tests).Verdict : verdict;
    }

    // An endless loop is busy; what waits for ever is not.
    private static Limit LimitAfter(Ending usual) =>
        new(2 * usual.Busy + TimeSpan.FromSeconds(1), 3 * usual.Whole + TimeSpan.FromSeconds(10));
}
