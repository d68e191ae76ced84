namespace BitcoinSock.Mutation;

/// <summary>
/// What no test can notice or reach, each with its reason. After a path, for a mutant, a line with
/// "- " before the change and one with "+ " after it; for a line that no test reaches as a whole,
/// one with "! ". Lines are found by their text, which stays when they move.
/// </summary>
internal sealed class Accepted
{
    public const string File = "tests/BitcoinSock.Mutation/accepted.txt";

    private readonly HashSet<Entry> _mutants = [];
    private readonly HashSet<Entry> _lines = [];

    public Accepted()
    {
        string path = "";
        string before = "";
        foreach (string line in System.IO.File.ReadLines(File))
        {
            switch (line)
            {
                case ['-', ' ', .. string text]:
                    before = text;
                    break;
                case ['+', ' ', .. string text]:
                    _mutants.Add(new Entry(path, before, text));
                    break;
                case ['!', ' ', .. string text]:
                    _lines.Add(new Entry(path, text, null));
                    break;
                default:
                    path = line.EndsWith(".cs", StringComparison.Ordinal) ? line : path;
                    break;
            }
        }
    }

    /// <summary>Whether there is a reason for this mutant.</summary>
    public bool Has(Entry mutant) => _mutants.Contains(mutant);

    /// <summary>Which of them have no reason here.</summary>
    public IEnumerable<Entry> NewMutants(IEnumerable<Entry> survivors) =>
        survivors.Except(_mutants);

    /// <inheritdoc cref="NewMutants"/>
    public IEnumerable<Entry> NewLines(IEnumerable<Entry> missed) => missed.Except(_lines);

    /// <summary>Which reasons are of mutants in these files that do not survive.</summary>
    public IEnumerable<Entry> StaleMutants(
        IEnumerable<Entry> survivors,
        IReadOnlySet<string> paths
    ) => _mutants.Where(entry => paths.Contains(entry.Path)).Except(survivors);

    /// <summary>Which reasons are of lines that are not there any more.</summary>
    public IEnumerable<Entry> StaleLines(IEnumerable<Entry> there) => _lines.Except(there);

    /// <param name="Path">Below <c>src/BitcoinSock</c>.</param>
    /// <param name="Text">The line or lines, as one.</param>
    /// <param name="Changed">The same as a mutant has it.</param>
    internal sealed record Entry(string Path, string Text, string? Changed)
    {
        public override string ToString() =>
            Changed is null ? $"{Path}\n! {Text}" : $"{Path}\n- {Text}\n+ {Changed}";
    }
}
