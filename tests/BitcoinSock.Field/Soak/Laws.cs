namespace BitcoinSock.Field.Soak;

/// <summary>What must hold, during the run and after it.</summary>
internal enum Law
{
    Content,
    Accounting,
    Lines,
    Deadline,
    Interrupt,
    End,
    Error,
    InTime,
    Readiness,
    Exceptions,
    Threads,
    Descriptors,
    Resident,
    Managed,
    Variety,
}

/// <summary>Which laws were broken, and how. The first breach ends the run.</summary>
internal sealed class Laws(TextWriter output)
{
    private const int BreachesShown = 3;

    private readonly Lock _gate = new();
    private readonly HashSet<Law> _broken = [];
    private int _breaches;

    public bool AllHold => Volatile.Read(ref _breaches) == 0;

    public void Break(Law law, string what, Link? link = null)
    {
        lock (_gate)
        {
            _broken.Add(law);
            if (++_breaches <= BreachesShown)
            {
                output.WriteLine($"BROKEN: {TextOf(law)}: {what}");
                link?.Tell(output);
            }
        }
    }

    /// <summary>A line for each law, and how many held.</summary>
    public void Tell()
    {
        Law[] all = Enum.GetValues<Law>();
        foreach (Law law in all)
        {
            output.WriteLine($"law {TextOf(law)}: {(_broken.Contains(law) ? "BROKEN" : "ok")}");
        }

        output.WriteLine($"{all.Length - _broken.Count} passed, {_broken.Count} failed");
    }

    private static string TextOf(Law law) =>
        law switch
        {
            Law.Content => "every byte received is the one sent at its place",
            Law.Accounting => "in an orderly end what was reported sent is what came",
            Law.Lines => "a line, a frame, a batch ends at its terminator, or had no room",
            Law.Deadline => "no timeout is before its deadline",
            Law.Interrupt => "only what was interrupted says so",
            Law.End => "an end of the stream is one that the peer made",
            Law.Error => "an error has its cause",
            Law.InTime => "nothing lasts seconds longer than it may",
            Law.Readiness => "readiness is told of what is there, of nobody who is gone",
            Law.Exceptions => "no exception that is not documented, and none unobserved",
            Law.Threads => "every thread and every connection comes to its end",
            Law.Descriptors => "no descriptor is left",
            Law.Resident => "resident memory is flat",
            Law.Managed => "the managed heap is flat",
            Law.Variety => "every operation and every fault took place",
            _ => throw new ArgumentOutOfRangeException(nameof(law)),
        };
}
