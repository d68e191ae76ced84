namespace BitcoinSock.Mutation;

/// <summary>The figures, and what fails the run.</summary>
internal static class Report
{
    private const double ScoreMin = 90;
    private const double SampleScoreMin = 40; // there are few: chance takes and gives
    private const int StrictAliveMax = 5; // of a sample, a third of which are strict

    // Of these every mutant must be noticed.
    private static readonly string[] Strict = ["Operations/", "Frames/", "NetworkError.cs"];

    public static bool IsStrict(string path) =>
        Strict.Any(each => path.StartsWith(each, StringComparison.Ordinal));

    /// <returns>
    /// The exit status. All may be tried by the whole run only: a sample must not fail a change for
    /// what another one left, but it shows it, and fails if that becomes the rule.
    /// </returns>
    public static int Print(List<Mutant> mutants, Accepted accepted, bool isSample, TimeSpan took)
    {
        List<Mutant> tried = [.. mutants.Where(mutant => mutant.Verdict != Verdict.NotCompiled)];
        Console.WriteLine(
            $"\n{"changed", -26}{"mutants", 9}{"killed", 9}{"timeouts", 9}{"alive", 9}"
        );
        foreach (IGrouping<string, Mutant> room in tried.GroupBy(each => Mutant.RoomOf(each.Path)))
        {
            PrintRow(room.Key, [.. room]);
        }

        double score = PrintRow("src", tried);
        Console.WriteLine($"{mutants.Count - tried.Count} changes gave no program");
        Console.WriteLine($"score {score:F1} % in {took.TotalMinutes:F0} minutes");

        List<Accepted.Entry> alive =
        [
            .. tried.Where(mutant => mutant.Verdict == Verdict.Survived).Select(each => each.Entry),
        ];
        HashSet<string> paths = [.. mutants.Select(mutant => mutant.Path)];
        ILookup<bool, Accepted.Entry> unaccepted = accepted
            .NewMutants(alive)
            .ToLookup(entry => IsStrict(entry.Path));
        List<Accepted.Entry> stale = isSample ? [] : [.. accepted.StaleMutants(alive, paths)];
        Section("No test notices:", unaccepted[false]);
        Section("No test notices, and must:", unaccepted[true]);
        Section($"In {Accepted.File}, but noticed or gone:", stale);
        int strict = unaccepted[true].Count();
        int failed = stale.Count + (isSample && strict <= StrictAliveMax ? 0 : strict);
        Console.WriteLine($"\n{tried.Count - alive.Count} passed, {failed} failed");
        return failed == 0 && score >= (isSample ? SampleScoreMin : ScoreMin) ? 0 : 1;
    }

    public static void Section(string title, IEnumerable<Accepted.Entry> entries)
    {
        if (entries.Any())
        {
            Console.WriteLine($"\n{title}\n\n{string.Join("\n\n", entries)}");
        }
    }

    private static double PrintRow(string name, List<Mutant> mutants)
    {
        int Count(Verdict verdict) => mutants.Count(mutant => mutant.Verdict == verdict);
        int killed = Count(Verdict.Killed) + Count(Verdict.TimedOut);
        double score = 100.0 * killed / mutants.Count;
        Console.WriteLine(
            $"{name, -26}{mutants.Count, 9}{killed, 9}{Count(Verdict.TimedOut), 9}"
                + $"{mutants.Count - killed, 9}{score, 8:F1} %"
        );
        return score;
    }
}
