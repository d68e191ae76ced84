namespace BitcoinSock.Field.Soak;

/// <summary>What is done to connections beside the operations.</summary>
internal enum Fault
{
    ResetInMidOperation,
    ResetInBetween,
    DisposalInMidOperation,
    DisposalInBetween,
    ReleaseInMidOperation,
    ReleaseInBetween,
    Move,
    HalfClose,
    InterruptOfAll,
    DisposalWhileConnecting,
    OrderlyEnd,
    LeftToTheFinalizer,
}

/// <summary>What took place, and how often.</summary>
internal sealed class Tally
{
    private static readonly SockStatus[] Statuses = Enum.GetValues<SockStatus>();

    private readonly SortedDictionary<string, long[]> _operations = new(StringComparer.Ordinal);
    private readonly long[] _faults = new long[Enum.GetValues<Fault>().Length];

    public long Connections { get; set; }

    public long Bytes { get; set; }

    public void Count(string operation, SockStatus status) => Row(operation)[(int)status]++;

    public void Count(Fault fault) => _faults[(int)fault]++;

    public void Add(Tally other)
    {
        Connections += other.Connections;
        Bytes += other.Bytes;
        Add(_faults, other._faults);
        foreach ((string operation, long[] counts) in other._operations)
        {
            Add(Row(operation), counts);
        }
    }

    /// <summary>What did not take place, and should have.</summary>
    public IEnumerable<string> Missing() =>
        [
            .. Enum.GetValues<Fault>().Where(each => _faults[(int)each] == 0).Select(Name),
            .. Enum.GetNames<Form>().Where(each => !_operations.ContainsKey(each)),
            .. Statuses
                .Where(each => each != SockStatus.Inconsistent && Total(each) == 0)
                .Select(each => each.ToString()),
        ];

    public void Tell(TextWriter output)
    {
        string heads = string.Concat(Statuses.Select(each => $"{each, 13}"));
        output.WriteLine($"{"operation", -44}{heads}");
        foreach ((string operation, long[] counts) in _operations)
        {
            output.WriteLine($"{operation, -44}{Cells(counts)}");
        }

        output.WriteLine($"{"together", -44}{Cells([.. Statuses.Select(Total)])}");
        foreach (Fault each in Enum.GetValues<Fault>())
        {
            output.WriteLine($"fault {Name(each), -38}{_faults[(int)each], 13}");
        }

        output.WriteLine($"{"connections", -44}{Connections, 13}");
        output.WriteLine($"{"operations", -44}{Statuses.Sum(Total), 13}");
        output.WriteLine($"{"bytes checked", -44}{Bytes, 13}");
    }

    private static string Cells(long[] counts) =>
        string.Concat(counts.Select(count => $"{count, 13}"));

    // "ResetInBetween" is "reset in between".
    private static string Name(Fault fault) =>
        string.Concat(fault.ToString().Select(each => char.IsUpper(each) ? $" {each}" : $"{each}"))
            .Trim()
            .ToLowerInvariant();

    private static void Add(long[] to, long[] from)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] += from[i];
        }
    }

    private long Total(SockStatus status) => _operations.Values.Sum(row => row[(int)status]);

    private long[] Row(string operation)
    {
        if (!_operations.TryGetValue(operation, out long[]? row))
        {
            _operations[operation] = row = new long[Statuses.Length];
        }

        return row;
    }
}
