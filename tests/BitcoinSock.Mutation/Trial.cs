using System.Collections.Concurrent;

namespace BitcoinSock.Mutation;

/// <summary>
/// The tests that may notice a mutant, which are those that reach its member, in the order in which
/// they are tried: of the quick ones those that are named after its file, then the rest of them;
/// then the properties, the laws, and last the slow ones.
/// </summary>
internal sealed class Trial
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(150);

    // What takes longer tests the kit or a sample rather than the library.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    private readonly Test[] _tests;
    private readonly Test _least;

    /// <param name="programs">What has the library with marks.</param>
    public Trial(TestProgram[] programs)
    {
        string[] names = programs[0].List();
        ConcurrentBag<Test> passed = [];
        Crew.Work(
            programs,
            names,
            (program, name) =>
            {
                (Ending ending, HashSet<int> reached) = program.RunMarked(name);
                // What fails beside others, for want of time, would say nothing of a mutant.
                if (ending.Verdict == Verdict.Survived && ending.Whole < Longest)
                {
                    passed.Add(new Test(name, ending.Busy, ending.Whole, reached));
                }
            }
        );
        _tests = [.. passed.OrderBy(test => test.Whole)];
        _least = _tests[0];
        Console.WriteLine(
            $"{_tests.Length} of {names.Length} tests pass beside others, and soon enough; without"
        );
        foreach (string name in names.Except(_tests.Select(test => test.Name)))
        {
            Console.WriteLine($"  {name}");
        }
    }

    /// <param name="mutant">What to try; its library lies beside the program.</param>
    /// <param name="program">What to try it by.</param>
    public Verdict Of(Mutant mutant, TestProgram program)
    {
        string nearest = $".{Path.GetFileName(mutant.Path).Split('.')[0]}";
        return _tests
            .Where(test => mutant.Member is not int member || test.Reached.Contains(member))
            .GroupBy(test =>
                TestProgram.IsProperty(test.Name) ? 2
                : TestProgram.IsOfLaws(test.Name) ? 3
                : test.Whole > _least.Whole + Quick ? 4
                : test.Name.Contains(nearest) ? 0
                : 1
            )
            .OrderBy(turn => turn.Key)
            .Select(turn => Of(program, [.. turn]))
            .FirstOrDefault(verdict => verdict != Verdict.Survived, Verdict.Survived);
    }

    // What fails for want of time, on a machine that has others to serve, does not fail twice.
    private Verdict Of(TestProgram program, Test[] tests)
    {
        Verdict verdict = Run();
        bool takesTime = tests.Any(test => test.Whole > _least.Whole + Quick);
        return verdict == Verdict.Killed && takesTime ? Run() : verdict;

        Verdict Run() => program.Run(LimitOf(tests), [.. tests.Select(test => test.Name)]).Verdict;
    }

    // An endless loop is busy; what waits for ever is not.
    private Limit LimitOf(Test[] tests)
    {
        TimeSpan busy = Sum(tests.Select(test => test.Busy - _least.Busy));
        TimeSpan whole = Sum(tests.Select(test => test.Whole - _least.Whole));
        return new(
            2 * (_least.Busy + busy) + TimeSpan.FromSeconds(1),
            3 * (_least.Whole + whole) + TimeSpan.FromSeconds(5)
        );
    }

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) =>
        new(times.Sum(time => Math.Max(time.Ticks, 0)));

    private sealed record Test(string Name, TimeSpan Busy, TimeSpan Whole, HashSet<int> Reached);
}
