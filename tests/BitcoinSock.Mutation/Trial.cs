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

    // All laws of a backend are one test.
    private static readonly TimeSpan LongestOfLaws = TimeSpan.FromSeconds(15);

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private readonly Test[] _tests;
    private readonly Test _least;

    /// <param name="programs">What has the library with marks.</param>
    /// <param name="byClass">
    /// Whether to learn it of a class or a list of tests as a whole: it takes less time.
    /// </param>
    public Trial(TestProgram[] programs, bool byClass)
    {
        string[] names = programs[0].List();
        ConcurrentBag<Test> passed = [];
        Crew.Work(
            programs,
            names.GroupBy(name => byClass ? ClassOf(name) : name),
            (program, named) =>
            {
                string[] some = [.. named];
                (Ending ending, HashSet<int> reached) = program.RunMarked(some);
                // What fails beside others, for want of time, would say nothing of a mutant.
                TimeSpan longest = TestProgram.IsOfLaws(some[0]) ? LongestOfLaws : Longest;
                if (ending.Verdict == Verdict.Survived && ending.Whole < longest * some.Length)
                {
                    passed.Add(new Test(some, ending.Busy, ending.Whole, reached));
                }
            }
        );
        _tests = [.. passed.OrderBy(test => test.Whole)];
        _least = _tests[0];
        string[] left = [.. names.Except(_tests.SelectMany(test => test.Names))];
        Console.WriteLine(
            $"all tests but {left.Length} of {names.Length} pass beside others, and soon enough:"
        );
        foreach (string name in left)
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
                TestProgram.IsProperty(test.Names[0]) ? 2
                : TestProgram.IsOfLaws(test.Names[0]) ? 3
                : test.Whole > _least.Whole + (Quick * test.Names.Length) ? 4
                : test.Names[0].Contains(nearest, Ordinal) ? 0
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

        Verdict Run() =>
            program.Run(LimitOf(tests), [.. tests.SelectMany(test => test.Names)]).Verdict;
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

    // "BitcoinSock.Unit.Class.Method" and "BitcoinSock.Properties/list/name".
    private static string ClassOf(string name) =>
        TestProgram.IsOfLaws(name) ? name
        : TestProgram.IsProperty(name) ? string.Join('/', name.Split('/').Take(2))
        : name[..name.LastIndexOf('.')];

    private sealed record Test(string[] Names, TimeSpan Busy, TimeSpan Whole, HashSet<int> Reached);
}
