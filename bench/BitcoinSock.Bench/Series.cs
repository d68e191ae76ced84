namespace BitcoinSock.Bench;

/// <summary>The times of one method, one a round: the median of what it ran in that.</summary>
internal sealed class Series
{
    // On two cores a run of 20 ms hangs on which of its two threads was late: it is repeated.
    private const double RoundSecondsMin = 0.1;

    private readonly double[] _seconds;

    private Series(Entrant of, int rounds) =>
        (Name, Note, _seconds) = (of.Name, of.Note, new double[rounds]);

    public string Name { get; }

    public string Note { get; }

    public double Median => MedianOf(_seconds);

    public double Min => _seconds.Min();

    public double Max => _seconds.Max();

    /// <summary>
    /// Measures one after the other, then all again: what disturbs a machine for a while disturbs
    /// them all. Each round has another order, because what ran before is felt too, and the first
    /// only warms up.
    /// </summary>
    public static Series[] Measure(
        int rounds,
        IEnumerable<Entrant> entrants,
        double roundSecondsMin = RoundSecondsMin
    )
    {
        Entrant[] each = [.. entrants];
        Series[] all = [.. each.Select(entrant => new Series(entrant, rounds))];
        for (int round = -1; round < rounds; round++)
        {
            int[] order = [.. Enumerable.Range(0, each.Length)];
            new Random(round).Shuffle(order);
            foreach (int i in order)
            {
                double seconds = Repeat(each[i].Run, roundSecondsMin);
                if (round >= 0)
                {
                    all[i]._seconds[round] = seconds;
                }
            }
        }

        return all;
    }

    /// <summary>
    /// The median of the rounds' ratios, not the ratio of medians: neighbours in one round share
    /// its weather.
    /// </summary>
    public double Over(Series other) => MedianOf(Ratios(other));

    /// <summary>The rounds' ratios.</summary>
    public IEnumerable<double> Ratios(Series other) =>
        _seconds.Zip(other._seconds, (mine, theirs) => mine / theirs);

    public static double MedianOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Repeat(Func<double> run, double secondsMin)
    {
        List<double> seconds = [];
        do
        {
            seconds.Add(run());
        } while (seconds.Sum() < secondsMin);

        return MedianOf(seconds);
    }
}
