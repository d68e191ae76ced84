namespace BitcoinSock.Field.Faults;

/// <summary>An operation, and one of the calls that it makes, to be failed.</summary>
/// <param name="Operation">For the table.</param>
/// <param name="Call">The call, as strace(1) spells it.</param>
/// <param name="Whens">At which calls: the operation makes so many, whatever the machine.</param>
internal abstract record Subject(string Operation, string Call, string[] Whens)
{
    protected static readonly string[] Many = ["1", "2", "3", "5", "8", "13", "21", "1+3", "2+5"];

    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>The codes with which it is failed.</summary>
    public virtual Errno[] Errnos => Errno.All;

    /// <summary>Whether nothing else may run meanwhile.</summary>
    public virtual bool IsAlone => false;

    /// <summary>Runs it once and judges how it ended.</summary>
    public abstract Seen Run(Injection injection);

    private static IEnumerable<Errno> Known => Errno.All.Concat(Errno.Shortages);

    protected static string Tell(SockOutcome outcome) =>
        outcome.Status == SockStatus.Failed
            ? Known.FirstOrDefault(each => each.Code == outcome.Error) is Errno known
                ? $"Failed as {known.Name}"
                : $"Failed as {outcome.Error}"
            : $"{outcome.Status}";

    /// <summary>Whether an operation ended as the rule for operations says.</summary>
    protected static string? Judge(Injection injection, SockOutcome outcome) =>
        outcome.Status == (injection.Errno.IsTriedAgain ? SockStatus.Ok : SockStatus.Failed)
        && outcome.Error == (injection.Errno.IsTriedAgain ? 0 : injection.Errno.Code)
            ? null
            : $"ended as {outcome}";

    protected static byte[] Payload(int length)
    {
        byte[] payload = new byte[length];
        new Random(length).NextBytes(payload);
        return payload;
    }
}
