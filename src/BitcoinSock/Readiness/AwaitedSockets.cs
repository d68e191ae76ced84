namespace BitcoinSock;

/// <summary>
/// Who awaits something of a descriptor, by its number: on POSIX the system gives the smallest that
/// is free, so an array holds them, in a fraction of the memory of a dictionary.
/// </summary>
/// <param name="reactor">Who watches them.</param>
internal sealed class AwaitedSockets(Reactor reactor)
{
    private const int SmallMax = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<nint, AwaitedSocket> _large = [];
    private AwaitedSocket?[] _small = [];

    /// <summary>Who has been made for the number, if anybody.</summary>
    public AwaitedSocket? Find(nint number)
    {
        // One that is longer by now has all that were there before.
        AwaitedSocket?[] small = Volatile.Read(ref _small);
        if (number >= 0 && number < small.Length)
        {
            return Volatile.Read(ref small[number]);
        }

        lock (_gate)
        {
            return _large.GetValueOrDefault(number);
        }
    }

    /// <summary>Who is for the number from now on.</summary>
    public AwaitedSocket GetOrAdd(nint number)
    {
        lock (_gate)
        {
            if (number is < 0 or >= SmallMax)
            {
                return _large.TryGetValue(number, out AwaitedSocket? known)
                    ? known
                    : _large[number] = Make(number);
            }

            if (number >= _small.Length)
            {
                AwaitedSocket?[] longer = _small;
                Array.Resize(ref longer, Math.Max(2 * longer.Length, (int)number + 1));
                Volatile.Write(ref _small, longer);
            }

            AwaitedSocket one = _small[number] ?? Make(number);
            Volatile.Write(ref _small[number], one);
            return one;
        }
    }

    /// <summary>All that there are by now.</summary>
    public AwaitedSocket[] All()
    {
        lock (_gate)
        {
            return [.. _large.Values, .. _small.OfType<AwaitedSocket>()];
        }
    }

    private AwaitedSocket Make(nint number) => new(reactor, new CSocket(number));
}
