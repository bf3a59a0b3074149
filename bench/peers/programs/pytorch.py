import torch

x = torch.tensor([[1.0, 2.0]])
weights = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], requires_grad=True)
torch.nn.functional.cross_entropy(x @ weights, torch.tensor([0])).backward()
print(weights.grad)
