using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// What it costs to be woken by one of many sockets, most of them idle, and to be interrupted.
/// </summary>
internal sealed class Readiness(int rounds, bool quick, DirectoryInfo? folder)
{
    // They take turns. Were it all of them, their own memory would have left the processor's cache.
    private const int Busy = 10;

    private const double SecondsMin = 0.03;
    private const int TurnsMin = 3 * Busy;

    private readonly int[] _counts =
    [
        10,
        100,
        900, // what select(2) can just hold
        1000,
        .. quick ? (int[])[] : [10_000],
    ];

    public void Run()
    {
        List<(WatchMethod Method, int Count)> watched =
        [
            .. WatchMethod.All.SelectMany(method =>
                _counts.Where(count => count <= method.Most).Select(count => (method, count))
            ),
        ];
        Series[] measured = Series.Measure(
            rounds,
            watched.Select(one => new Entrant(one.Method.Name, "", () => Time(one))),
            roundSecondsMin: 0
        );
        var all = watched.Zip(measured).ToDictionary(each => each.First, each => each.Second);
        Print(all);
        Write(all);
        using var interrupts = new Interrupts(quick ? 200 : 2000);
        double p99 = interrupts.Run();
        (int least, int most) = (_counts[0], _counts[^1]);
        double ratio = all[(WatchMethod.Poller, most)].Over(all[(WatchMethod.Poller, least)]);
        Console.WriteLine();
        Console.WriteLine($"ratio poller_{most}_over_{least} {ratio:F2}");
        Console.WriteLine($"ratio interrupt_p99_ms {p99:F3}");
    }

    private static double Time((WatchMethod Method, int Count) watched)
    {
        // What the last one left behind is not this one's to clear.
        GC.Collect();
        using Watcher watcher = watched.Method.Watch(Crowd(watched.Count));
        List<double> seconds = [];
        double sum = 0;
        for (int turn = -Busy; turn < TurnsMin || sum < SecondsMin; turn++)
        {
            // From all over the crowd: some look for the ready one from the beginning.
            double one = watcher.WakeUp((turn + Busy) % Busy * (watched.Count / Busy));
            if (turn >= 0)
            {
                seconds.Add(one);
                sum += one;
            }
        }

        return Series.MedianOf(seconds);
    }

    // Both ends of each pair are watched, which takes half the descriptors.
    private static Sock[] Crowd(int count)
    {
        var socks = new Sock[count];
        try
        {
            for (int i = 0; i < count; i += 2)
            {
                (socks[i], socks[i + 1]) = Sock.CreatePair(AddressFamily.Unix);
            }
        }
        catch (SockException)
        {
            // To say that there are too few descriptors takes some, too.
            Array.ForEach(socks, sock => sock?.Dispose());
            throw;
        }

        return socks;
    }

    private void Print(Dictionary<(WatchMethod, int), Series> all)
    {
        Console.WriteLine();
        Console.WriteLine("a wake-up by one of so many sockets, us: median (min..max)");
        Line("sockets", _counts.Select(count => $"{count}"));
        foreach (WatchMethod method in WatchMethod.All)
        {
            Line(
                method.Name,
                _counts.Select(count =>
                    all.TryGetValue((method, count), out Series? series)
                        ? $"{Us(series.Median)} ({Us(series.Min)}..{Us(series.Max)})"
                        : "-"
                )
            );
        }

        static string Us(double seconds) => $"{seconds * 1e6:F1}";

        static void Line(string first, IEnumerable<string> others) =>
            Console.WriteLine(
                $"  {first, -18}" + string.Concat(others.Select(each => $"{each, 24}"))
            );
    }

    // A row for each number of sockets: seconds of each method.
    private void Write(Dictionary<(WatchMethod, int), Series> all)
    {
        if (folder is null)
        {
            return;
        }

        folder.Create();
        using var data = new StreamWriter(Path.Combine(folder.FullName, "readiness.tsv"));
        data.WriteLine("sockets\t" + string.Join('\t', WatchMethod.All.Select(m => m.Name)));
        foreach (int count in _counts)
        {
            data.WriteLine(
                $"{count}\t"
                    + string.Join(
                        '\t',
                        WatchMethod.All.Select(method =>
                            all.TryGetValue((method, count), out Series? series)
                                ? series.Median
                                : double.NaN
                        )
                    )
            );
        }
    }
}
